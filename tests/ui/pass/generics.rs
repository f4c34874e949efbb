#![deny(warnings)]
//! Endpoints with parameters: of types, of consts, in codecs, in blocks for one type alone.

use std::marker::PhantomData;

use ws_container::endpoint::Endpoint;
use ws_container::prelude::*;
use ws_container::{Delivery, HandshakeRequest, ServerEndpoint, ServerEndpointConfig, TextDecoder, registrations};

pub trait Store: Clone + Send + Sync + 'static {
    type Row: Send + 'static;

    fn row(&self, key: &str) -> Self::Row;
}

#[derive(Clone, Default)]
pub struct Memory;

impl Store for Memory {
    type Row = usize;

    fn row(&self, key: &str) -> usize {
        key.len()
    }
}

pub struct Line<T>(pub T);

pub struct LineDecoder<T>(PhantomData<fn() -> T>);

impl<T> Default for LineDecoder<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: From<String> + 'static> TextDecoder for LineDecoder<T> {
    type Message = Line<T>;
    type Error = std::convert::Infallible;

    fn decode(&mut self, text: &str) -> Result<Line<T>, Self::Error> {
        Ok(Line(text.to_owned().into()))
    }
}

#[server_endpoint("/chat/{room}", decoders = [LineDecoder<String>], idle_timeout = "1s")]
#[derive(Default)]
pub struct Chat<Db: Store, const N: usize = 3>
where
    Db::Row: Into<usize>,
{
    db: Db,
}

#[handlers]
impl<Db: Store, const N: usize> Chat<Db, N>
where
    Db::Row: Into<usize>,
{
    #[on_open]
    async fn open(&mut self, #[path_param] room: &str, _: State<Db>) -> usize {
        self.db.row(room).into() + N
    }

    #[on_message]
    fn line(&mut self, line: Line<String>) -> String {
        line.0
    }

    #[on_message(max_size = "1 KiB")]
    fn binary(&mut self, payload: &[u8]) -> usize {
        payload.len()
    }

    #[on_error]
    fn failed(&mut self, _: &std::io::Error) {}
}

/// Where handlers take `&self`.
#[server_endpoint("/quiet", instance = "shared")]
#[derive(Default)]
pub struct Quiet<Db>(Db);

#[handlers]
impl<Db: Store> Quiet<Db> {
    #[on_message]
    async fn text(&self, text: &str) -> String {
        let _: Db = self.0.clone();
        text.to_owned()
    }
}

/// A message of a parameter's own.
#[client_endpoint(decoders = [LineDecoder<T>])]
pub struct Feed<T: From<String> + Send + 'static> {
    pub last: Option<T>,
}

#[handlers]
impl<T: From<String> + Send + 'static> Feed<T> {
    #[on_message]
    fn line(&mut self, line: Line<T>) {
        self.last = Some(line.0);
    }
}

/// Handlers for one type alone.
#[server_endpoint("/one/{id}", factory = One::<T>::new)]
pub struct One<T: 'static>(PhantomData<fn() -> T>);

impl<T> One<T> {
    fn new(_: &HandshakeRequest) -> Self {
        Self(PhantomData)
    }
}

#[handlers]
impl One<u8> {
    #[on_message]
    fn text(&mut self, _: &str, #[path_param] id: u8) -> u8 {
        id
    }
}

fn main() {
    // They do not register themselves.
    assert!(registrations().is_empty());

    let chat = Chat::<Memory>::DESCRIPTOR;
    assert_eq!((chat.path, chat.decoders), ("/chat/{room}", &["LineDecoder<String>"][..]));
    assert!(chat.type_name.ends_with("::Chat"), "{}", chat.type_name);
    assert_eq!(chat.handlers.text, Delivery::Whole);
    assert_eq!(chat.handlers.max_binary_len, Some(1024));
    assert_eq!(chat.handlers.states[0].name, "Db");

    let config = ServerEndpointConfig::of::<Chat<Memory, 7>>();
    assert_eq!(config.path(), "/chat/{room}");
    assert_eq!(ServerEndpointConfig::of::<Quiet<Memory>>().path(), "/quiet");
    assert_eq!(Feed::<String>::HANDLERS.text, Delivery::Whole);
}
