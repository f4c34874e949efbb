use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    #[on_close]
    fn both(&mut self) {}
}

fn main() {}
