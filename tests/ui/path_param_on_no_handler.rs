use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat/{room}", crate = ws_core)]
#[derive(Default)]
pub struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    pub fn enter(&mut self, #[path_param] room: &str) {
        let _ = room;
    }
}

fn main() {}
