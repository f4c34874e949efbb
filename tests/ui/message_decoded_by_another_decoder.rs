use ws_core::{TextDecoder, handlers, server_endpoint};

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

#[server_endpoint("/chess", decoders = [MoveDecoder], crate = ws_core)]
#[derive(Default)]
struct Chess;

#[handlers(crate = ws_core)]
impl Chess {
    #[on_message]
    async fn undo(&mut self, _last: Undo) {}
}

fn main() {}
