use ws_container::Principal;
use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, _who: Principal) {}

    #[on_close]
    fn close(&mut self, _who: Option<Principal>) {}
}

fn main() {}
