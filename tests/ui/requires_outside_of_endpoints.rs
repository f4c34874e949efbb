use ws_container::prelude::*;

#[requires(role = "admin")]
#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {}

#[requires(authenticated)]
pub fn helper() {}

fn main() {}
