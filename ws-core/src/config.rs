//! What is fixed for an endpoint when it is deployed.

use std::sync::Arc;
use std::time::Duration;

use crate::budget::Budget;
use crate::limits::Limits;
use crate::mask::MaskGenerator;
use crate::overflow::Overflow;

/// The configuration of a deployed endpoint, the same for all its sessions.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EndpointConfig {
    /// The URI template, or for a client endpoint the URI.
    pub path: String,
    /// Bounds on messages.
    pub limits: Limits,
    /// Close a session on which no data frame passed for this long; `None`, the default, and zero
    /// never.
    pub idle_timeout: Option<Duration>,
    /// Ping a peer that was silent for this long; 20 s. `None` and zero never ping.
    pub keep_alive: Option<Duration>,
    /// End a session whose peer stays silent for this long after such a Ping; 20 s. Zero never does.
    pub pong_timeout: Duration,
    /// Close a session with 1008 whose peer began a message and sent nothing more of it for this
    /// long; 60 s. Zero never does.
    pub message_timeout: Duration,
    /// Memory for messages that are not finished, which all connections share that have a clone of
    /// it; by default one of 256 MiB, the same for the whole program. Messages of less than 16 KiB so
    /// far do not count. A session that needs more than is left is closed with 1013.
    pub message_budget: Budget,
    /// Wait this long for the peer's Close after ours, and give up a peer that takes nothing of the
    /// last bytes owed to it for this long; 5 s, at least 1 ms.
    pub close_timeout: Duration,
    /// Read and drop what still comes for this long after both Close frames; 1 s.
    pub linger_timeout: Duration,
    /// End a session whose socket took no byte for this long while there was something to write;
    /// 20 s. Zero never does (Jakarta §1.7), and lets senders wait without end for a message that
    /// was begun in parts and does not go on.
    pub send_timeout: Duration,
    /// What happens to published messages that a session does not take in time, where their topic
    /// does not say; by default the session is closed with 1013.
    pub overflow: Overflow,
    /// Where a client's masking keys come from; `None`, the default, is the system's source of
    /// randomness. A server's frames have none.
    pub masking: Option<Arc<dyn MaskGenerator>>,
}

impl EndpointConfig {
    /// Memory for messages that are not finished unless told otherwise: 256 MiB.
    pub const DEFAULT_MESSAGE_BUDGET: usize = 256 << 20;

    /// The defaults, for an endpoint at `path`.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            limits: Limits::default(),
            idle_timeout: None,
            keep_alive: Some(Duration::from_secs(20)),
            pong_timeout: Duration::from_secs(20),
            message_timeout: Duration::from_secs(60),
            message_budget: Budget::of_program(Self::DEFAULT_MESSAGE_BUDGET),
            close_timeout: Duration::from_secs(5),
            linger_timeout: Duration::from_secs(1),
            send_timeout: Duration::from_secs(20),
            overflow: Overflow::default(),
            masking: None,
        }
    }
}
