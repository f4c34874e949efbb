use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    async fn line(&mut self, _session: &Session) {}
}

fn main() {}
