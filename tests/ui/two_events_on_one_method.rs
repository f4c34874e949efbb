use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    #[on_close]
    fn both(&mut self) {}
}

fn main() {}
