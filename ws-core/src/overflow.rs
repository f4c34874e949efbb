//! What becomes of published messages that a subscriber does not take in time.

/// What happens when a message is published and a subscriber's queue is full: per
/// [topic](crate::Hub::set_overflow), or else per [endpoint](crate::EndpointConfig::overflow) of the
/// subscriber. Other subscribers never notice.
///
/// | policy | the queue is full at | then |
/// |---|---|---|
/// | [`Disconnect`](Self::Disconnect) | 4 MiB | the subscriber is closed with 1013 |
/// | [`DropOldest`](Self::DropOldest) | 256 KiB | the oldest published messages that wait give way |
/// | [`Latest`](Self::Latest) | 256 KiB | likewise; before, a message replaces the one of the same key that waits |
/// | [`Wait`](Self::Wait) | 256 KiB | the publisher waits |
///
/// What gave way is counted in [`Traffic::dropped`](crate::Traffic::dropped).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
#[doc(alias = "OverflowStrategy")]
pub enum Overflow {
    /// A subscriber for whom more than [`PUBLISH_CAP`](crate::PUBLISH_CAP) bytes wait is closed with
    /// 1013: whoever stays gets every message.
    #[default]
    Disconnect,
    /// The oldest published messages that wait give way: a subscriber gets the newest, in order,
    /// with gaps.
    DropOldest,
    /// Of messages with the same [key](crate::Session::publish_keyed) only the latest waits, in the
    /// place of the first: for values that replace one another. Those without a key have the topic
    /// for one.
    Latest,
    /// The publisher waits until there is room, at most until the subscriber's send timeout ends its
    /// session: everybody gets every message, at the pace of the slowest.
    Wait,
}
