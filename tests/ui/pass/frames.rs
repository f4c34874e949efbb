#![deny(warnings)]

use ws_core::frame::Frame;
use ws_core::{Session, handlers, server_endpoint};

#[server_endpoint("/frames", crate = ws_core)]
#[derive(Default)]
struct Echo;

#[handlers(crate = ws_core)]
impl Echo {
    #[on_frame(max_size = "64 KiB")]
    fn frame<'f>(&self, frame: Frame<'f>) -> Frame<'f> {
        frame
    }
}

#[server_endpoint("/count", crate = ws_core)]
#[derive(Default)]
struct Count(usize);

#[handlers(crate = ws_core)]
impl Count {
    #[on_frame]
    async fn frame(&mut self, frame: &Frame<'_>, session: &Session) -> Result<(), ws_core::Error> {
        self.0 += frame.payload.len();
        session.send_frame(Frame::text("counted")).await
    }
}

fn main() {}
