use ws_core::{handlers, server_endpoint};

#[server_endpoint]
#[derive(Default)]
struct Bare;

#[server_endpoint(path = "/chat", crate = ws_core)]
#[derive(Default)]
struct Named;

#[server_endpoint(crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    fn open(&mut self, #[path_param] room: &str) {
        let _ = room;
    }
}

fn main() {}
