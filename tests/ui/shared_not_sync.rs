use std::cell::Cell;

use ws_container::prelude::*;

#[server_endpoint("/count", instance = "shared")]
#[derive(Default)]
pub struct Count {
    pub seen: Cell<usize>,
}

#[handlers]
impl Count {
    #[on_message]
    fn text(&self, _: &str) -> usize {
        self.seen.replace(self.seen.get() + 1)
    }
}

fn main() {}
