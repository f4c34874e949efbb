//! Messages that are not delivered whole.

/// How an endpoint takes its messages of one kind.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "all forms of Jakarta's `@OnMessage`")]
pub enum Delivery {
    /// Not at all: they are checked and dropped.
    #[default]
    None,
    /// Each message whole, up to the limit of its length.
    Whole,
    /// Part by part, as the bytes come.
    Parts,
    /// One [`MessageReader`](crate::MessageReader) for each message, from its first bytes on.
    Stream,
}

impl Delivery {
    /// Whether such messages are delivered in any form.
    #[must_use]
    pub const fn is_some(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether messages are put together before they are delivered.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::Whole)
    }

    /// Whether both are the same; `==` in a `const`.
    #[must_use]
    pub const fn is(self, other: Self) -> bool {
        self as u8 == other as u8
    }
}

/// A part of a text message (Jakarta `MessageHandler.Partial<String>`): what came of it since the
/// part before. Parts have nothing to do with the frames they came in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "what a part consists of")]
pub struct TextPart<'a> {
    /// Whole code points: one that frames or reads cut comes with the part that ends it. Empty only
    /// at the end of a message.
    pub text: &'a str,
    /// Whether the message ends here.
    pub last: bool,
}

/// A part of a binary message (Jakarta `MessageHandler.Partial<byte[]>`): what came of it since the
/// part before. Parts have nothing to do with the frames they came in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "what a part consists of")]
pub struct BinaryPart<'a> {
    /// Its bytes, at most as many as one read took. Empty only at the end of a message.
    pub payload: &'a [u8],
    /// Whether the message ends here.
    pub last: bool,
}
