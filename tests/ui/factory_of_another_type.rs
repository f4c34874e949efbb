use ws_container::prelude::*;
use ws_container::HandshakeRequest;

pub struct Other;

pub fn other(_: &HandshakeRequest) -> Other {
    Other
}

#[server_endpoint("/chat", factory = other)]
pub struct Chat;

#[handlers]
impl Chat {}

fn main() {}
