use ws_container::prelude::*;

#[server_endpoint("/chat")]
pub enum Chat {
    One,
}

#[client_endpoint]
pub fn feed() {}

fn main() {}
