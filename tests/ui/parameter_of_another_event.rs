use ws_core::frame::Frame;
use ws_core::{CloseReason, Error, handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    fn open(&mut self, _error: &Error) {}

    #[on_message]
    fn text(&mut self, _text: &str, _reason: &CloseReason) {}

    #[on_error]
    fn error(&mut self, _frame: Frame<'_>) {}
}

fn main() {}
