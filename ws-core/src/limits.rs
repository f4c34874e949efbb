//! How large a message may be, and in how many pieces it may come.

/// Bounds on what one connection may make this program keep (RFC 6455 §10.4). Lengths are bytes of
/// payload, after extensions are undone; `u64::MAX` means no bound.
///
/// # Examples
///
/// ```
/// let limits = ws_core::Limits::default();
/// assert_eq!(limits.max_text_len, 1 << 20);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Longest text message; 1 MiB.
    pub max_text_len: u64,
    /// Longest binary message; 1 MiB.
    pub max_binary_len: u64,
    /// Longest frame handed to an endpoint that takes single frames; 1 MiB.
    pub max_frame_len: u64,
    /// Most frames one message may consist of; 131,072.
    pub max_fragments: u32,
    /// Most empty frames one message may consist of; 1,024.
    pub max_empty_fragments: u32,
    /// Most Pings, and Pongs that nobody asked for, that a peer may send in a second, for longer than
    /// [`max_control_burst`](Self::max_control_burst) lasts; 100. `u32::MAX` means no bound.
    pub max_control_rate: u32,
    /// Most of them at once; 1,000.
    pub max_control_burst: u32,
}

impl Limits {
    /// The default length of text and binary messages and of single frames: 1 MiB.
    pub const DEFAULT_LEN: u64 = 1 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_text_len: Self::DEFAULT_LEN,
            max_binary_len: Self::DEFAULT_LEN,
            max_frame_len: Self::DEFAULT_LEN,
            max_fragments: 131_072,
            max_empty_fragments: 1_024,
            max_control_rate: 100,
            max_control_burst: 1_000,
        }
    }
}
