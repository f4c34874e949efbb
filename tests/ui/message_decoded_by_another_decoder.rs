use ws_container::prelude::*;

struct Move;
struct Undo;

#[derive(Default)]
struct MoveDecoder;

impl TextDecoder for MoveDecoder {
    type Message = Move;
    type Error = std::convert::Infallible;

    fn decode(&mut self, _: &str) -> Result<Move, Self::Error> {
        Ok(Move)
    }
}

#[server_endpoint("/chess", decoders = [MoveDecoder])]
#[derive(Default)]
struct Chess;

#[handlers]
impl Chess {
    #[on_message]
    async fn undo(&mut self, _last: Undo) {}
}

fn main() {}
