//! The life of a container as a table.
//!
//! ```text
//!              Serve               Drain               Finish
//!   Starting ─────────► Running ─────────► Draining ──────────► Stopped
//!       │                                     ▲
//!       └──────────────── Drain ──────────────┘
//! ```
#![warn(clippy::wildcard_enum_match_arm)]

use std::fmt;

/// Where a container stands in its life.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a life has no other parts")]
pub enum Phase {
    /// It was built and does not listen yet.
    Starting,
    /// It accepts connections.
    Running,
    /// It begins nothing new, and what there is ends.
    Draining,
    /// Nothing is left of it.
    Stopped,
}

/// What moves a container on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Input {
    /// It listens.
    Serve,
    /// It is to end.
    Drain,
    /// The last session has ended or was cut.
    Finish,
}

impl Phase {
    /// The phase after `input`, or `None` where that changes nothing.
    ///
    /// No wildcard arms: a new phase or input must not compile until its whole row is decided.
    pub(super) const fn next(self, input: Input) -> Option<Self> {
        match (self, input) {
            (Self::Starting, Input::Serve) => Some(Self::Running),
            (Self::Starting | Self::Running, Input::Drain) => Some(Self::Draining),
            (Self::Draining, Input::Finish) => Some(Self::Stopped),
            (Self::Starting | Self::Running, Input::Finish)
            | (Self::Running, Input::Serve)
            | (Self::Draining, Input::Serve | Input::Drain)
            | (Self::Stopped, Input::Serve | Input::Drain | Input::Finish) => None,
        }
    }

    /// Whether new connections are welcome: what a load balancer asks.
    #[must_use]
    pub const fn is_ready(self) -> bool {
        matches!(self, Self::Running)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Draining => "draining",
            Self::Stopped => "stopped",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_table() {
        use Input::{Drain, Finish, Serve};
        use Phase::{Draining, Running, Starting, Stopped};

        #[rustfmt::skip] // a table
        let table = [
            (Starting, Serve,  Some(Running)),
            (Starting, Drain,  Some(Draining)),
            (Starting, Finish, None),
            (Running,  Serve,  None),
            (Running,  Drain,  Some(Draining)),
            (Running,  Finish, None),
            (Draining, Serve,  None),
            (Draining, Drain,  None),
            (Draining, Finish, Some(Stopped)),
            (Stopped,  Serve,  None),
            (Stopped,  Drain,  None),
            (Stopped,  Finish, None),
        ];
        for (phase, input, want) in table {
            assert_eq!(phase.next(input), want, "{phase} {input:?}");
            assert_eq!(phase.is_ready(), phase == Running);
        }
    }
}
