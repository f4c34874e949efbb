use ws_container::prelude::*;

#[server_endpoint("/chat", subprotocol = ["a"], decoder = [A], value = "/b", idletimeout = "3s")]
#[derive(Default)]
pub struct Chat;

#[handlers(crat = ws_core)]
impl Chat {
    #[on_message(maxMessageSize = 3)]
    fn text(&mut self, _: &str) {}

    #[on_close(code = 1000)]
    fn close(&mut self) {}
}

fn main() {}
