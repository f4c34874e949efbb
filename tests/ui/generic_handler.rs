use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open<T: Default>(&mut self) {}

    #[on_message]
    fn text(&mut self, _: impl ToString) {}

    #[on_close]
    unsafe fn close(&mut self) {}
}

fn main() {}
