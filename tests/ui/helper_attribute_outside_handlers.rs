use ws_container::prelude::*;

pub struct Chat;

impl Chat {
    #[on_open]
    pub fn open(&mut self) {}

    #[on_message(max_size = "64 KiB")]
    pub fn text(&mut self, _: &str) {}

    #[on_frame]
    pub fn frame(&mut self) {}

    #[on_closing]
    pub fn closing(&mut self) {}

    #[on_close]
    pub fn close(&mut self) {}
}

#[on_error]
pub fn failed() {}

fn main() {}
