use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat/{room}", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_message]
    async fn line(&mut self, _line: &str, _room: String) {}
}

fn main() {}
