use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[cfg(all())]
    #[on_open]
    fn open(&mut self) {}

    #[cfg(not(any()))]
    #[on_open]
    fn enter(&mut self) {}
}

fn main() {}
