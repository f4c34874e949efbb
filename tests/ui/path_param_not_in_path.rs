use ws_core::{client_endpoint, handlers, server_endpoint};

#[server_endpoint("/chat/{room}", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    fn open(&mut self, #[path_param] rom: &str) {
        let _ = rom;
    }

    #[on_close]
    fn close(&mut self, #[path_param("guest-id")] id: u32) {
        let _ = id;
    }
}

#[client_endpoint(crate = ws_core)]
struct Feed;

#[handlers(crate = ws_core)]
impl Feed {
    #[on_open]
    fn open(&mut self, #[path_param] room: &str) {
        let _ = room;
    }
}

fn main() {
    let _ = Feed;
}
