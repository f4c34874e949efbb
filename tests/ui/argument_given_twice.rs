use ws_container::prelude::*;

#[server_endpoint("/chat", require_tls, require_tls, "/other", max_sessions = 1, max_sessions = 2)]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_message(max_size = 1, max_size = 2)]
    fn text(&mut self, _: &str) {}
}

fn main() {}
