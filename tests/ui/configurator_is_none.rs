use ws_container::prelude::*;

#[derive(Default)]
pub struct Policy;

#[server_endpoint("/chat", configurator = Policy)]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {}

fn main() {}
