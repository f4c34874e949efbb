use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    fn text(&mut self, #[cfg(debug_assertions)] _session: &Session, _text: &str) {}
}

fn main() {}
