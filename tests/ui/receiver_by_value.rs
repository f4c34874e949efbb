use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(self) {}

    #[on_close]
    fn close(_session: &Session) {}

    #[on_error]
    fn error(self: Box<Self>) {}
}

fn main() {}
