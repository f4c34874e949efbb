use ws_core::{handlers, server_endpoint};

struct Room;

#[server_endpoint("/chat/{room}", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    async fn open(&mut self, #[path_param] room: Room) {
        let _ = room;
    }
}

fn main() {}
