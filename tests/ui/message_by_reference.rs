use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    async fn line(&mut self, _line: &Json<String>) {}

    #[on_message]
    async fn bytes(&mut self, _bytes: &mut [u8]) {}
}

fn main() {}
