use ws_container::prelude::*;

struct Move;

#[server_endpoint("/chess")]
#[derive(Default)]
struct Chess;

#[handlers]
impl Chess {
    #[on_message]
    async fn play(&mut self, _next: Move) {}
}

fn main() {}
