use ws_container::prelude::*;

#[server_endpoint("/count", instance = "shared", factory = Count::new)]
pub struct Count;

#[handlers]
impl Count {}

fn main() {}
