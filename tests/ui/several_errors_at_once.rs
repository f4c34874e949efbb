use ws_core::{Session, handlers, server_endpoint};

struct Move;

#[server_endpoint("/chess/{game", subprotocols = ["chess v1"], idle_timeout = 5, crate = ws_core)]
#[derive(Default)]
struct Chess;

#[handlers(crate = ws_core)]
impl Chess {
    #[on_open]
    fn open(self, session: Session, #[path_param] _: &str) {}

    #[on_message]
    fn play(&mut self, next: Move) -> Move {
        next
    }

    #[on_close]
    fn close(&mut self, error: &ws_core::Error) {}
}

fn main() {}
