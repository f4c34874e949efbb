#![deny(warnings)]

use ws_core::{
    Error, Json, Message, MessageReader, Pong, Replies, Session, handlers, server_endpoint,
};

/// An endpoint that replies with what its one text handler returns.
macro_rules! replies {
    ($($name:ident: $($async:ident)? ($text:ident: $param:ty) -> $output:ty { $($reply:tt)* })*) => {$(
        #[server_endpoint("/replies", crate = ws_core)]
        #[derive(Default)]
        struct $name(String);

        #[handlers(crate = ws_core)]
        impl $name {
            #[on_message]
            $($async)? fn text(&mut self, $text: $param) -> $output {
                self.0.clear();
                $($reply)*
            }
        }
    )*};
}

replies! {
    Owned: (text: &str) -> String { text.to_owned() }
    OwnedLater: async (text: &str) -> String { text.to_owned() }
    Moved: (text: String) -> String { text }
    Number: (text: &str) -> usize { text.len() }
    Bytes: (text: &str) -> Vec<u8> { text.into() }
    Shared: (text: String) -> bytes::Bytes { text.into() }
    Maybe: (text: &str) -> Option<String> { (!text.is_empty()).then(|| text.to_owned()) }
    Fallible: (text: &str) -> Result<usize, std::num::ParseIntError> { text.parse() }
    FallibleLater: async (text: &str) -> Result<Option<usize>, std::num::ParseIntError> {
        text.parse().map(Some)
    }
    Nothing: (text: &str) -> Result<(), Error> { let _ = text; Ok(()) }
    Boxed: async (text: &str) -> Result<Json<usize>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Json(text.parse()?))
    }
    Whole: (text: &str) -> Message<'static> { Message::text(text.to_owned()) }
    Parsed: (number: i64) -> i64 { number + 1 }
    Structured: (list: Json<Vec<u8>>) -> Json<usize> { Json(list.len()) }
    Own: (value: ws_core::Parsed<std::net::IpAddr>) -> ws_core::Parsed<u8> {
        ws_core::Parsed(if value.0.is_ipv4() { 4 } else { 6 })
    }
}

#[server_endpoint("/borrowed", crate = ws_core)]
#[derive(Default)]
struct Borrowed {
    last: String,
    bytes: Vec<u8>,
}

#[handlers(crate = ws_core)]
impl Borrowed {
    #[on_open]
    fn open<'s>(&mut self, session: &'s Session) -> &'s str {
        session.uri()
    }

    #[on_message]
    async fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message]
    fn binary<'m>(&'m mut self, bytes: &'m [u8]) -> Result<Option<&'m [u8]>, Error> {
        self.bytes.extend(bytes);
        Ok(Some(&self.bytes))
    }

    #[on_message]
    fn pong(&mut self, pong: Pong) -> &str {
        self.last = format!("{:?}", pong.rtt);
        &self.last
    }
}

/// What is read is sent back, piece by piece.
#[server_endpoint("/relayed", crate = ws_core)]
#[derive(Default)]
struct Relayed;

#[handlers(crate = ws_core)]
impl Relayed {
    #[on_message]
    fn any(&mut self, message: MessageReader) -> Replies<MessageReader> {
        Replies(message)
    }

    #[on_closing]
    async fn closing(&mut self) -> Result<Option<&'static str>, std::fmt::Error> {
        Ok(Some("bye"))
    }
}

fn main() {}
