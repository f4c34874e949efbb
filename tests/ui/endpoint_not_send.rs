use std::rc::Rc;

use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
pub struct Chat {
    pub shared: Rc<str>,
}

#[handlers(crate = ws_core)]
impl Chat {}

fn main() {}
