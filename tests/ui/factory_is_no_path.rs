use ws_container::prelude::*;

#[server_endpoint("/chat", factory = |_| Chat, configurator = 7)]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {}

fn main() {}
