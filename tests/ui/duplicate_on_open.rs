use ws_container::prelude::*;

#[server_endpoint("/chat/{room}")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    async fn join(&self) {}

    #[on_open]
    async fn enter(&self) {}
}

fn main() {}
