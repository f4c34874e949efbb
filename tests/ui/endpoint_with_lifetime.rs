use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat<'a>(&'a str);

#[handlers]
impl<'a> Chat<'a> {}

#[client_endpoint]
pub struct Feed<'a, T>(&'a T);

fn main() {}
