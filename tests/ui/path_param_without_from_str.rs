use ws_container::prelude::*;

struct Room;

#[server_endpoint("/chat/{room}")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    async fn open(&mut self, #[path_param] room: Room) {
        let _ = room;
    }
}

fn main() {}
