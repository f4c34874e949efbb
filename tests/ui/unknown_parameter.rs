use ws_container::prelude::*;

#[server_endpoint("/chat/{room}")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, _room: String) {}

    #[on_frame]
    fn frame(&mut self, _text: &str) {}

    #[on_close]
    fn close(&mut self, _code: u16) {}

    #[on_error]
    fn error(&mut self, _error: &std::io::ErrorKind) {}
}

fn main() {}
