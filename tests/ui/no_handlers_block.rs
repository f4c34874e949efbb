use ws_core::server_endpoint;

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

fn main() {}
