//! The way out of a program that cannot end in order.
//!
//! The first interrupt is for those who listen for it and end in order; they never do while nobody
//! reads what they write, or the server does not answer. So the second ends the program.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use signal_hook::consts::SIGINT;
use signal_hook::flag;
use tokio::runtime::Builder;
use tokio::signal::ctrl_c;

/// The exit status of a program that an interrupt ended, as shells have it: 128 and SIGINT's number.
const INTERRUPTED: i32 = 130;

/// Ends the program at the second interrupt from now on. It does so from the signal's handler: a
/// thread that waits would make each system call of all others dearer.
pub(crate) fn exit_on_second_interrupt() {
    let interrupted = Arc::new(AtomicBool::new(false));
    // In this order: the first one finds nothing set. Where a system refuses, interrupts are what they
    // were.
    let ends = flag::register_conditional_shutdown(SIGINT, INTERRUPTED, Arc::clone(&interrupted));
    if ends.is_ok() {
        let _ = flag::register(SIGINT, interrupted);
    }
}

/// Likewise, and calls `last` before, on a thread of its own.
pub(crate) fn exit_on_second_interrupt_after(last: impl FnOnce() + Send + 'static) {
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
