use ws_core::{handlers, server_endpoint};

struct Move;

#[server_endpoint("/chess", crate = ws_core)]
#[derive(Default)]
struct Chess;

#[handlers(crate = ws_core)]
impl Chess {
    #[on_message]
    async fn play(&mut self, _next: Move) {}
}

fn main() {}
