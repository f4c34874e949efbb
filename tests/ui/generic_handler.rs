use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    fn open<T: Default>(&mut self) {}

    #[on_message]
    fn text(&mut self, _: impl ToString) {}

    #[on_close]
    unsafe fn close(&mut self) {}
}

fn main() {}
