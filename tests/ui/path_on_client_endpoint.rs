use ws_container::prelude::*;

#[client_endpoint("/chat")]
pub struct Feed;

fn main() {}
