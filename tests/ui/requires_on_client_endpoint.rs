use ws_container::prelude::*;

#[client_endpoint]
#[requires(authenticated)]
pub struct Feed;

#[handlers]
impl Feed {}

fn main() {}
