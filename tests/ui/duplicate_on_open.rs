use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat/{room}", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    async fn join(&self) {}

    #[on_open]
    async fn enter(&self) {}
}

fn main() {}
