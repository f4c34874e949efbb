use ws_container::prelude::*;

struct Move;

#[server_endpoint("/chess/{game", subprotocols = ["chess v1"], idle_timeout = 5)]
#[derive(Default)]
struct Chess;

#[handlers]
impl Chess {
    #[on_open]
    fn open(self, _session: Session, #[path_param] _: &str) {}

    #[on_message]
    fn play(&mut self, next: Move) -> Move {
        next
    }

    #[on_close]
    fn close(&mut self, _error: &ws_container::Error) {}
}

fn main() {}
