use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat<T>(T);

#[handlers]
impl<T> Chat<T> {}

fn main() {}
