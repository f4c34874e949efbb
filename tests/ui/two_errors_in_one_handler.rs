use std::fmt;

use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_error]
    fn failed(&mut self, _decode: &DecodeError, _fmt: &fmt::Error) {}
}

fn main() {}
