use ws_container::prelude::*;

struct Move;

#[derive(Default)]
struct MoveDecoder;

impl TextDecoder for MoveDecoder {
    type Message = Move;
    type Error = std::convert::Infallible;

    fn decode(&mut self, _: &str) -> Result<Move, Self::Error> {
        Ok(Move)
    }
}

struct Undo;

#[derive(Default)]
struct UndoDecoder;

impl TextDecoder for UndoDecoder {
    type Message = Undo;
    type Error = std::convert::Infallible;

    fn decode(&mut self, _: &str) -> Result<Undo, Self::Error> {
        Ok(Undo)
    }
}

#[server_endpoint("/chess", decoders = [MoveDecoder, UndoDecoder])]
#[derive(Default)]
struct Chess;

#[handlers]
impl Chess {
    #[on_message]
    async fn play(&mut self, _next: Move) {}

    #[on_message]
    async fn undo(&mut self, _last: Undo) {}

    #[on_message]
    async fn say(&mut self, _text: &str) {}
}

fn main() {}
