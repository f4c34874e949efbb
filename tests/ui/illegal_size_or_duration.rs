use ws_container::prelude::*;

#[server_endpoint("/a", idle_timeout = 30)]
#[derive(Default)]
struct A;

#[handlers]
impl A {
    #[on_message(max_size = "64 KB")]
    fn text(&mut self, _: &str) {}

    #[on_message(max_size = 0)]
    fn binary(&mut self, _: &[u8]) {}

    #[on_message(max_size = 125)]
    fn pong(&mut self, _: Pong) {}

    #[on_open(max_size = "1 MiB")]
    fn open(&mut self) {}

    #[on_frame(max_size = -1)]
    fn frame(&mut self) {}
}

#[server_endpoint("/b", idle_timeout = "30 seconds")]
#[derive(Default)]
struct B;

#[handlers]
impl B {}

#[server_endpoint("/c", idle_timeout = "0s")]
#[derive(Default)]
struct C;

#[handlers]
impl C {}

fn main() {}
