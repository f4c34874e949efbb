//! The container as a program: serves static files, with `test-server` a set of endpoints to test
//! clients against, and with `test-client` and `connect` clients to test servers with.

#[cfg(feature = "tools")]
mod connect;
#[cfg(feature = "tools")]
mod flags;
#[cfg(feature = "tools")]
mod test_client;
mod test_server;

use std::process::ExitCode;

fn main() -> ExitCode {
    ws_container::cli::main_with(&[
        test_server::command(),
        #[cfg(feature = "tools")]
        test_client::command(),
        #[cfg(feature = "tools")]
        connect::command(),
    ])
}
