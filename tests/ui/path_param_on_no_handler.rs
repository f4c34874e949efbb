use ws_container::prelude::*;

#[server_endpoint("/chat/{room}")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    pub fn enter(&mut self, #[path_param] room: &str) {
        let _ = room;
    }
}

fn main() {}
