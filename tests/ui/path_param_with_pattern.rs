use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat/{room}", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    fn open(&mut self, #[path_param] _: &str, #[path_param(room)] _: &str) {}
}

fn main() {}
