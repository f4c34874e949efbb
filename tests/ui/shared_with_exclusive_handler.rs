use ws_container::prelude::*;

#[server_endpoint("/count", instance = "shared")]
#[derive(Default)]
pub struct Count {
    pub seen: usize,
}

#[handlers]
impl Count {
    #[on_open]
    fn open(&self) {}

    #[on_message]
    fn text(&mut self, _: &str) -> usize {
        self.seen += 1;
        self.seen
    }
}

fn main() {}
