use ws_container::prelude::*;

#[server_endpoint("/chat")]
struct Chat;

#[handlers]
impl Chat {}

fn main() {}
