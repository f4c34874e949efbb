use ws_container::prelude::*;

#[server_endpoint("/count", instance = "singleton")]
#[derive(Default)]
pub struct Count;

#[handlers]
impl Count {}

#[server_endpoint("/other", instance = shared)]
#[derive(Default)]
pub struct Other;

#[handlers]
impl Other {}

fn main() {}
