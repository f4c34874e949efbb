use ws_core::server_endpoint;

#[derive(Default)]
pub struct Chat;

#[server_endpoint("/chat", crate = ws_core)]
impl Chat {}

#[server_endpoint("/either", crate = ws_core)]
pub enum Either {
    Left,
    Right,
}

fn main() {}
