//! The way out of a program that cannot end in order.

use std::thread;

use tokio::runtime::Builder;
use tokio::signal::ctrl_c;

/// The exit status of a program that an interrupt ended, as shells have it: 128 and SIGINT's number.
const INTERRUPTED: i32 = 130;

/// Calls `last` and ends the program at the second interrupt from now on. The first is for those who
/// listen for it and end in order; they never do while nobody reads what they write, or the server
/// does not answer. So this listens on a thread of its own.
pub(crate) fn exit_on_second_interrupt(last: impl FnOnce() + Send + 'static) {
    let listen = move || {
        let Ok(runtime) = Builder::new_current_thread().enable_io().build() else { return };
        let twice = runtime.block_on(async { ctrl_c().await.and(ctrl_c().await) });
        if twice.is_ok() {
            last();
            std::process::exit(INTERRUPTED);
        }
    };
    // Without the thread, or the signal, interrupts are what they were.
    let _ = thread::Builder::new().name("interrupts".into()).spawn(listen);
}
