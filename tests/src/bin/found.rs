//! A program with an endpoint of its own and those of a library.

use std::process::ExitCode;

use tests as _;
use ws_container::prelude::*;

/// Does nothing.
#[server_endpoint("/found/in-the-program")]
#[derive(Debug, Default)]
struct InTheProgram;

#[handlers]
impl InTheProgram {}

fn main() -> ExitCode {
    ws_container::main()
}
