use std::convert::Infallible;

use ws_container::prelude::*;

pub mod lib {
    use super::*;

    pub struct Line(String);

    #[derive(Default)]
    struct LineDecoder;

    impl TextDecoder for LineDecoder {
        type Message = Line;
        type Error = Infallible;

        fn decode(&mut self, text: &str) -> Result<Line, Infallible> {
            Ok(Line(text.to_owned()))
        }
    }

    #[server_endpoint("/chat", decoders = [LineDecoder])]
    #[derive(Default)]
    pub struct Chat;

    #[handlers]
    impl Chat {
        #[on_message]
        fn line(&mut self, line: Line) -> String {
            line.0
        }
    }
}

fn main() {}
