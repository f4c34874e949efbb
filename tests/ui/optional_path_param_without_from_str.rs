use ws_container::prelude::*;

pub struct Room;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, #[path_param] _room: Option<Room>) {}
}

fn main() {}
