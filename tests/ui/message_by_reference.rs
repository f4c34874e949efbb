use ws_core::{Json, handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_message]
    async fn line(&mut self, _line: &Json<String>) {}

    #[on_message]
    async fn bytes(&mut self, _bytes: &mut [u8]) {}
}

fn main() {}
