use ws_container::prelude::*;

#[server_endpoint]
#[derive(Default)]
struct Bare;

#[server_endpoint(path = "/chat")]
#[derive(Default)]
struct Named;

#[server_endpoint]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, #[path_param] room: &str) {
        let _ = room;
    }
}

fn main() {}
