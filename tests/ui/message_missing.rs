use ws_core::{Session, handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_message]
    async fn line(&mut self, _session: &Session) {}
}

fn main() {}
