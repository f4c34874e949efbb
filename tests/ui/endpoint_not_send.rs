use std::rc::Rc;

use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat {
    pub shared: Rc<str>,
}

#[handlers]
impl Chat {}

fn main() {}
