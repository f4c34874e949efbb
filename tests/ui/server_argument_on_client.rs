use ws_container::prelude::*;

#[client_endpoint(max_sessions = 3, subprotocols = ["a"], require_tls, instance = "shared")]
pub struct Feed;

#[handlers]
impl Feed {}

fn main() {}
