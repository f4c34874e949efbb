use ws_container::prelude::*;

#[server_endpoint("/chat/{room}")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    async fn line(&mut self, _line: &str, _room: String) {}
}

fn main() {}
