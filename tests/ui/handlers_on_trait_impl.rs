use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {}

#[handlers(crate = ws_core)]
impl Clone for Chat {
    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}
