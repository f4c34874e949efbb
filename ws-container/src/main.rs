//! The container as a program: serves static files, and with `test-server` a set of endpoints to
//! test clients against.

mod test_server;

use std::process::ExitCode;

fn main() -> ExitCode {
    ws_container::cli::main_with(&[test_server::command()])
}
