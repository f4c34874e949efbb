use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, _error: &Error) {}

    #[on_message]
    fn text(&mut self, _text: &str, _reason: &CloseReason) {}

    #[on_error]
    fn error(&mut self, _frame: Frame<'_>) {}
}

fn main() {}
