use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

fn main() {}
