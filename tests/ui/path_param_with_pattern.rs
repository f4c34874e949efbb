use ws_container::prelude::*;

#[server_endpoint("/chat/{room}")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, #[path_param] _: &str, #[path_param(room)] _: &str) {}
}

fn main() {}
