#![deny(warnings)]

use ws_core::{handlers, server_endpoint};

#[server_endpoint("/", crate = ws_core)]
#[derive(Default)]
struct Quiet;

#[handlers(crate = ws_core)]
impl Quiet {
    #[on_open]
    fn open(&mut self) {}

    #[on_message]
    fn text(&self, _: String) {}

    #[on_frame]
    fn frame(&mut self) {}

    #[on_close]
    fn close(&self) {}

    #[on_error]
    async fn error(&mut self) {}
}

/// Has no handlers.
#[server_endpoint("/silent", crate = ws_core)]
#[derive(Default)]
struct Silent(u8, String);

#[handlers(crate = ws_core)]
impl Silent {
    pub fn helper(&self) -> (u8, &str) {
        (self.0, &self.1)
    }
}

fn main() {
    let _ = Silent::default().helper();
}
