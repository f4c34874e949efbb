use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {}

#[handlers]
impl Clone for Chat {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
