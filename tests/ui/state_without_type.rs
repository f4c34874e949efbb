use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, _state: State) {}

    #[on_close]
    fn close(&mut self, _state: &mut State<u8>) {}
}

fn main() {}
