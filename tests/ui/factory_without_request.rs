use ws_container::prelude::*;

#[server_endpoint("/chat", factory = Chat::new)]
pub struct Chat;

impl Chat {
    pub fn new() -> Self {
        Self
    }
}

#[handlers]
impl Chat {}

fn main() {}
