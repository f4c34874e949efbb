use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[cfg(all())]
    #[on_open]
    fn open(&mut self) {}

    #[cfg(not(any()))]
    #[on_open]
    fn enter(&mut self) {}
}

fn main() {}
