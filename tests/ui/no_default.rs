use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {}

fn main() {}
