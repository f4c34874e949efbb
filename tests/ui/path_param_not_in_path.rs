use ws_container::prelude::*;

#[server_endpoint("/chat/{room}")]
#[derive(Default)]
struct Chat;

#[handlers]
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

#[client_endpoint]
struct Feed;

#[handlers]
impl Feed {
    #[on_open]
    fn open(&mut self, #[path_param] room: &str) {
        let _ = room;
    }
}

fn main() {
    let _ = Feed;
}
