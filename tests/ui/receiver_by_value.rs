use ws_core::{Session, handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    fn open(self) {}

    #[on_close]
    fn close(_session: &Session) {}

    #[on_error]
    fn error(self: Box<Self>) {}
}

fn main() {}
