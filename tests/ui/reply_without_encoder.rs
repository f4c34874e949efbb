use ws_container::prelude::*;

struct Move;

#[server_endpoint("/chess")]
#[derive(Default)]
struct Chess;

#[handlers]
impl Chess {
    #[on_message]
    async fn play(&mut self, _text: &str) -> Move {
        Move
    }

    #[on_message]
    fn replay(&mut self, _bytes: &[u8]) -> Result<Option<Move>, std::fmt::Error> {
        Ok(Some(Move))
    }
}

fn main() {}
