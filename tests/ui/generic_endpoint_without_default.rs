use ws_container::ServerEndpointConfig;
use ws_container::prelude::*;

pub struct Db;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat<T: Send + 'static>(pub T);

#[handlers]
impl<T: Send + 'static> Chat<T> {}

fn main() {
    let _ = ServerEndpointConfig::of::<Chat<Db>>();
}
