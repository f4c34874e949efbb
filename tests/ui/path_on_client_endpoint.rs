use ws_core::client_endpoint;

#[client_endpoint("/chat", crate = ws_core)]
pub struct Feed;

fn main() {}
