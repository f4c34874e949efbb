use ws_container::prelude::*;

#[server_endpoint("/chat", subprotocols = ["chat v1", "", "a", "b", "a"])]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {}

fn main() {}
