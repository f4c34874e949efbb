//! The smallest endpoint: every message comes back as it was.
//!
//! Run it:
//!
//! ```text
//! cargo run --release --bin echo
//! ```
//!
//! You see `listening on ws://127.0.0.1:8080`. Open <http://127.0.0.1:8080>, connect to `/echo` and
//! send something: it comes back.

use ws_container::prelude::*;

#[server_endpoint("/echo")]
#[derive(Default)]
struct Echo;

#[handlers]
impl Echo {
    /// Borrowed from the read buffer, and sent from there: nothing is copied or allocated.
    #[on_message]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

fn main() -> ExitCode {
    ws_container::main()
}
