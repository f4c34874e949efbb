use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
pub struct Chat<T>(T);

#[handlers(crate = ws_core)]
impl<T> Chat<T> {}

fn main() {}
