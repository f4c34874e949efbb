use ws_container::prelude::*;

#[server_endpoint("/chat/{room}")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, #[path_param(room)] _name: &str) {}

    #[on_close]
    fn close(&mut self, #[path_param = "room"] _name: &str) {}
}

fn main() {}
