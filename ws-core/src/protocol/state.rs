//! The closing handshake as a table, RFC 6455 §7.1.
//!
//! ```text
//!            send Close              receive Close
//!   Open ───────────────► CloseSent ──────────────► Closed
//!     │ receive Close                                  ▲
//!     └────────────────► CloseReceived ────────────────┘
//!                                       send Close
//!   any state ── the transport ended ──► Closed
//! ```
#![warn(clippy::wildcard_enum_match_arm)]

/// Where a connection stands in the closing handshake.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the table is whole")]
pub enum State {
    /// Data may flow both ways.
    #[default]
    Open,
    /// We sent Close and await the peer's.
    CloseSent,
    /// The peer sent Close; ours is due.
    CloseReceived,
    /// Both Close frames passed, or the transport ended.
    Closed,
}

/// What moves a connection through the closing handshake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the table is whole")]
pub enum Input {
    /// We send Close.
    SendClose,
    /// The peer's Close came.
    ReceiveClose,
    /// The transport ended.
    TransportEnd,
}

impl State {
    /// The state after `input`, or `None` where `input` is not allowed.
    ///
    /// No wildcard arms: a new state or input must not compile until its whole row is decided.
    #[must_use]
    pub const fn next(self, input: Input) -> Option<Self> {
        match (self, input) {
            (Self::Open, Input::SendClose) => Some(Self::CloseSent),
            (Self::Open, Input::ReceiveClose) => Some(Self::CloseReceived),
            (Self::CloseSent, Input::ReceiveClose)
            | (Self::CloseReceived, Input::SendClose)
            | (Self::Open | Self::CloseSent | Self::CloseReceived, Input::TransportEnd) => {
                Some(Self::Closed)
            }
            // §5.5.1: one Close frame each way.
            (Self::CloseSent, Input::SendClose)
            | (Self::CloseReceived, Input::ReceiveClose)
            | (Self::Closed, Input::SendClose | Input::ReceiveClose | Input::TransportEnd) => None,
        }
    }

    /// Whether messages may still be sent.
    #[must_use]
    pub const fn may_send(self) -> bool {
        match self {
            Self::Open | Self::CloseReceived => true,
            Self::CloseSent | Self::Closed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn whole_table() {
        let mut table = String::new();
        for state in [State::Open, State::CloseSent, State::CloseReceived, State::Closed] {
            for input in [Input::SendClose, Input::ReceiveClose, Input::TransportEnd] {
                let next = state.next(input).map_or("-".into(), |next| format!("{next:?}"));
                let (state, input) = (format!("{state:?}"), format!("{input:?}"));
                writeln!(table, "{state:<14}{input:<14}{next}").unwrap();
            }
        }
        insta::assert_snapshot!(table, @r"
        Open          SendClose     CloseSent
        Open          ReceiveClose  CloseReceived
        Open          TransportEnd  Closed
        CloseSent     SendClose     -
        CloseSent     ReceiveClose  Closed
        CloseSent     TransportEnd  Closed
        CloseReceived SendClose     Closed
        CloseReceived ReceiveClose  -
        CloseReceived TransportEnd  Closed
        Closed        SendClose     -
        Closed        ReceiveClose  -
        Closed        TransportEnd  -
        ");
    }
}
