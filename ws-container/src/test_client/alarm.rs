//! Waiting without a timer of the runtime.
//!
//! One of those would cost each message two looks at the clock, and the system a wait that has an end:
//! too much for a program that measures. A thread that sleeps would cost more: in a program with one
//! thread each system call is cheaper.

use std::time::Duration;

#[cfg(target_os = "linux")]
pub(super) use linux::Alarm;
#[cfg(not(target_os = "linux"))]
pub(super) use other::Alarm;

use crate::flags::Failure;

/// The shortest wait: a timer that is set to nothing never ends.
const MIN: Duration = Duration::from_millis(1);

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;

    use rustix::io::{Errno, read};
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::unix::AsyncFd;

    use super::{Duration, Failure, MIN};

    /// A timer that is a file to the system: it comes with the other events.
    #[derive(Debug)]
    pub(crate) struct Alarm(AsyncFd<OwnedFd>);

    impl Alarm {
        /// A timer of the runtime that this runs in.
        ///
        /// # Errors
        ///
        /// The system has no file to spare.
        pub(crate) fn new() -> Result<Self, Failure> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            #[expect(
                deprecated,
                reason = "sound for a file that is owned; its successor is unsafe"
            )]
            let timer = AsyncFd::new(timer)?;
            Ok(Self(timer))
        }

        /// Waits for `pause`.
        ///
        /// # Errors
        ///
        /// The system refuses.
        pub(crate) async fn wait(&mut self, pause: Duration) -> io::Result<()> {
            let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
            let pause = Timespec::try_from(pause.max(MIN)).unwrap_or(Timespec {
                tv_sec: i64::from(u32::MAX),
                tv_nsec: 0, // more than a hundred years
            });
            let once = Itimerspec { it_interval: zero, it_value: pause };
            timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
            loop {
                let mut ready = self.0.readable().await?;
                match read(&self.0, &mut [0; 8]) {
                    Err(Errno::AGAIN) => ready.clear_ready(),
                    other => return other.map(drop).map_err(Into::into),
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::io;

    use super::{Duration, Failure, MIN};

    /// A timer of the runtime: the system has no other.
    #[derive(Debug)]
    pub(crate) struct Alarm;

    impl Alarm {
        /// A timer.
        ///
        /// # Errors
        ///
        /// None here.
        pub(crate) fn new() -> Result<Self, Failure> {
            Ok(Self)
        }

        /// Waits for `pause`.
        ///
        /// # Errors
        ///
        /// None here.
        pub(crate) async fn wait(&mut self, pause: Duration) -> io::Result<()> {
            tokio::time::sleep(pause.max(MIN)).await;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn it_ends_again_and_again_and_not_early() {
        let mut alarm = Alarm::new().unwrap();
        for pause in [Duration::ZERO, Duration::from_millis(20), MIN] {
            let begun = Instant::now();
            alarm.wait(pause).await.unwrap();
            assert!(begun.elapsed() >= pause);
        }
    }
}
