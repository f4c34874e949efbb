use std::cell::Cell;

use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, _: State<Cell<u8>>) {}
}

fn main() {}
