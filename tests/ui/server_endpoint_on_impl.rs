use ws_container::prelude::*;

#[derive(Default)]
pub struct Chat;

#[server_endpoint("/chat")]
impl Chat {}

#[server_endpoint("/either")]
pub enum Either {
    Left,
    Right,
}

fn main() {}
