use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat", subprotocols = ["chat v1", "", "a", "b", "a"], crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {}

fn main() {}
