//! The methods of `Endpoint`, and which handlers each of them calls.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::model::{Delivery, Event, Handler, Payload};

/// A method of the trait.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Slot {
    Open,
    /// Messages of a kind, delivered so.
    Data(Kind, Delivery),
    Pong,
    Frame,
    Closing,
    Close,
    Error,
}

/// `MessageKind`
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Text,
    Binary,
}

impl Slot {
    pub(super) const ALL: [Self; 12] = [
        Self::Open,
        Self::Data(Kind::Text, Delivery::Whole),
        Self::Data(Kind::Binary, Delivery::Whole),
        Self::Data(Kind::Text, Delivery::Parts),
        Self::Data(Kind::Binary, Delivery::Parts),
        Self::Data(Kind::Text, Delivery::Stream),
        Self::Data(Kind::Binary, Delivery::Stream),
        Self::Pong,
        Self::Frame,
        Self::Closing,
        Self::Close,
        Self::Error,
    ];

    pub(super) fn method(self) -> Ident {
        let name = match self {
            Self::Open => "on_open",
            Self::Data(Kind::Text, Delivery::Whole) => "on_text",
            Self::Data(Kind::Binary, Delivery::Whole) => "on_binary",
            Self::Data(Kind::Text, Delivery::Parts) => "on_text_part",
            Self::Data(Kind::Binary, Delivery::Parts) => "on_binary_part",
            Self::Data(Kind::Text, Delivery::Stream) => "on_text_stream",
            Self::Data(Kind::Binary, Delivery::Stream) => "on_binary_stream",
            Self::Pong => "on_pong",
            Self::Frame => "on_frame",
            Self::Closing => "on_closing",
            Self::Close => "on_close",
            Self::Error => "on_error",
        };
        format_ident!("{name}")
    }

    /// What the method gets beside its context: its name and type.
    pub(super) fn argument(self) -> Option<(Ident, TokenStream)> {
        let (name, ty) = match self {
            Self::Open => return None,
            Self::Data(Kind::Text, Delivery::Whole) => ("message", quote!(__ws::Text<'a>)),
            Self::Data(Kind::Binary, Delivery::Whole) => ("message", quote!(__ws::Binary<'a>)),
            Self::Data(Kind::Text, Delivery::Parts) => ("part", quote!(__ws::TextPart<'a>)),
            Self::Data(Kind::Binary, Delivery::Parts) => ("part", quote!(__ws::BinaryPart<'a>)),
            Self::Data(_, Delivery::Stream) => ("reader", quote!(__ws::MessageReader)),
            Self::Pong => ("message", quote!(__ws::Pong)),
            Self::Frame => ("frame", quote!(__ws::Frame<'a>)),
            Self::Closing | Self::Close => ("reason", quote!(&'a __ws::CloseReason)),
            Self::Error => ("error", quote!(&'a __ws::Error)),
        };
        Some((format_ident!("{name}"), ty))
    }

    /// Whether it calls the handler, as far as tokens tell.
    pub(super) fn takes(self, handler: &Handler<'_>) -> bool {
        match (handler.event, self) {
            (Event::Message(payload), Self::Data(kind, delivery)) => match payload {
                Payload::Text(own) => kind == Kind::Text && own == delivery,
                Payload::Binary(own) => kind == Kind::Binary && own == delivery,
                Payload::Any => delivery == Delivery::Stream,
                Payload::Pong => false,
                // Which of the four it is, constants tell.
                Payload::ByType => delivery != Delivery::Parts,
            },
            (Event::Message(payload), Self::Pong) => payload == Payload::Pong,
            (Event::Open, Self::Open)
            | (Event::Frame, Self::Frame)
            | (Event::Closing, Self::Closing)
            | (Event::Close, Self::Close)
            | (Event::Error, Self::Error) => true,
            (
                Event::Open
                | Event::Message(_)
                | Event::Frame
                | Event::Closing
                | Event::Close
                | Event::Error,
                _,
            ) => false,
        }
    }

    /// Whether what a handler returns is sent.
    pub(super) const fn replies(self) -> bool {
        !matches!(self, Self::Close | Self::Error)
    }
}

impl Kind {
    /// The variant of `MessageKind` and `Incoming`.
    pub(super) fn variant(self) -> Ident {
        format_ident!("{}", if self == Self::Binary { "Binary" } else { "Text" })
    }

    /// A part as a message.
    pub(super) fn part(self) -> TokenStream {
        match self {
            Self::Text => quote!(__ws::Text::Borrowed(part.text)),
            Self::Binary => quote!(__ws::Binary::Borrowed(part.payload)),
        }
    }
}

/// The variant of `Delivery`.
pub(super) fn delivery(delivery: Delivery) -> TokenStream {
    let name = match delivery {
        Delivery::Whole => "Whole",
        Delivery::Parts => "Parts",
        Delivery::Stream => "Stream",
    };
    let name = format_ident!("{name}");
    quote!(__ws::Delivery::#name)
}
