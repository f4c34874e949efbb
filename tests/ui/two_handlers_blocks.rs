use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self) {}
}

#[handlers]
impl Chat {
    #[on_close]
    fn close(&mut self) {}
}

fn main() {}
