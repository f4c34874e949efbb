//! Marks by which the compiler finds a codec in a list.

use std::marker::PhantomData;

use crate::message::{Delivery, MessageKind};

/// What a codec of a kind concerns.
pub trait Kind: 'static {
    /// Text or bytes.
    const KIND: MessageKind;
    /// Whole messages, or streams.
    const DELIVERY: Delivery;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $kind:ident, $delivery:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub struct $name;

        impl Kind for $name {
            const KIND: MessageKind = MessageKind::$kind;
            const DELIVERY: Delivery = Delivery::$delivery;
        }
    )*};
}

kinds! {
    /// Marks what concerns whole text messages.
    TextKind: Text, Whole;
    /// Marks what concerns whole binary messages.
    BinaryKind: Binary, Whole;
    /// Marks what concerns text messages piece by piece.
    TextStreamKind: Text, Stream;
    /// Marks what concerns binary messages piece by piece.
    BinaryStreamKind: Binary, Stream;
}

/// The first entry of a list, of kind `K`.
#[derive(Debug)]
pub struct Here<K>(PhantomData<K>);

/// An entry further down, where `At` says.
#[derive(Debug)]
pub struct There<At>(PhantomData<At>);
