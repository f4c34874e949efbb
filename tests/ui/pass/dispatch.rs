#![deny(warnings)]
//! What the expansion does when it runs.

use std::borrow::Cow;
use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};

use ws_core::endpoint::{Context, Endpoint, Reply};
use ws_core::{
    Binary, BinaryDecoder, Deployed, EndpointConfig, Error, Hub, Json, Message, Request, Session,
    Text, TextDecoder, handlers, server_endpoint,
};

pub struct Line(String);

#[derive(Default)]
pub struct LineDecoder;

impl TextDecoder for LineDecoder {
    type Message = Line;
    type Error = Infallible;

    fn decode(&mut self, text: &str) -> Result<Line, Infallible> {
        Ok(Line(text.to_uppercase()))
    }
}

pub struct Sum(u32);

#[derive(Default)]
pub struct SumDecoder {
    total: u32,
}

impl BinaryDecoder for SumDecoder {
    type Message = Sum;
    type Error = &'static str;

    fn decode(&mut self, payload: &[u8]) -> Result<Sum, &'static str> {
        let [add] = payload else { return Err("one byte") };
        self.total += u32::from(*add);
        Ok(Sum(self.total))
    }
}

#[server_endpoint("/decoded/{factor}", decoders = [SumDecoder, LineDecoder], crate = ws_core)]
#[derive(Default)]
pub struct Decoded;

#[handlers(crate = ws_core)]
impl Decoded {
    #[on_message]
    fn line(&self, line: Line) -> String {
        line.0
    }

    #[on_message]
    async fn sum(&mut self, #[path_param] factor: u32, Sum(sum): Sum) -> Json<u32> {
        Json(sum * factor)
    }
}

#[server_endpoint("/echo", crate = ws_core)]
#[derive(Default)]
pub struct Echo {
    failed: Option<String>,
}

#[handlers(crate = ws_core)]
impl Echo {
    #[on_message]
    async fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message]
    fn binary<'m>(&mut self, bytes: &'m [u8]) -> Result<Option<&'m [u8]>, std::fmt::Error> {
        match bytes {
            [] => Ok(None),
            [0, ..] => Err(std::fmt::Error),
            more => Ok(Some(more)),
        }
    }

    #[on_error]
    async fn error(&mut self, error: &Error) -> Result<(), std::fmt::Error> {
        self.failed = Some(error.to_string());
        Ok(())
    }
}

/// These handlers wait for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("pending"),
    }
}

fn session(params: &[(&'static str, &str)]) -> Session {
    let deployed = Deployed::new(EndpointConfig::new("/"), Hub::new());
    let mut request = Request::new("ws://localhost/");
    request.path_params = params.iter().map(|(name, value)| ((*name).into(), value.to_string())).collect();
    Session::new(deployed, request, None)
}

fn text<'m>(reply: &'m Result<Reply<'_>, Error>) -> &'m str {
    match reply {
        Ok(Reply::Message(Message::Text(text))) => text,
        other => panic!("{other:?}"),
    }
}

fn custom_types_reach_the_handler_of_their_kind() {
    let session = session(&[("factor", "10")]);
    let (mut endpoint, mut decoders) = (Decoded, Default::default());

    let cx = Context::new(&session, &mut decoders, &());
    assert_eq!(text(&now(endpoint.on_text(cx, Text::Borrowed("hi")))), "HI");
    // The decoder lives as long as the connection.
    for want in ["30", "60"] {
        let cx = Context::new(&session, &mut decoders, &());
        assert_eq!(text(&now(endpoint.on_binary(cx, Binary::Borrowed(&[3])))), want);
    }
    let cx = Context::new(&session, &mut decoders, &());
    let failed = now(endpoint.on_binary(cx, Binary::Borrowed(b"two")));
    assert!(matches!(failed, Err(Error::Decode(_))), "{failed:?}");
}

fn path_parameters_are_parsed() {
    let session = session(&[("factor", "ten")]);
    let mut decoders = Default::default();
    let cx = Context::new(&session, &mut decoders, &());
    let mut endpoint = Decoded;
    let failed = now(endpoint.on_binary(cx, Binary::Borrowed(&[3])));
    assert!(matches!(&failed, Err(Error::PathParam(error)) if error.value() == "ten"), "{failed:?}");
}

fn borrowed_replies_are_not_copied() {
    let (session, mut endpoint) = (session(&[]), Echo::default());
    let message = String::from("hello");
    let mut decoders = ();
    let cx = Context::new(&session, &mut decoders, &());
    let reply = now(endpoint.on_text(cx, Text::Borrowed(&message)));
    let Ok(Reply::Message(Message::Text(Cow::Borrowed(echo)))) = reply else {
        panic!("{reply:?}")
    };
    assert_eq!(echo.as_ptr(), message.as_ptr());
}

fn options_and_results_are_taken_apart() {
    let (session, mut endpoint) = (session(&[]), Echo::default());
    let mut reply = |bytes| {
        let mut decoders = ();
        let cx = Context::new(&session, &mut decoders, &());
        format!("{:?}", now(endpoint.on_binary(cx, Binary::Borrowed(bytes))))
    };
    assert_eq!(reply(&[]), "Ok(None)");
    assert_eq!(reply(&[7]), "Ok(Message(Binary([7])))");
    assert_eq!(reply(&[0]), "Err(Handler(Error))");
}

fn errors_reach_their_handler() {
    let (session, mut endpoint) = (session(&[]), Echo::default());
    let mut decoders = ();
    let cx = Context::new(&session, &mut decoders, &());
    assert!(now(endpoint.on_error(cx, &Error::Closed)).is_ok());
    assert_eq!(endpoint.failed.as_deref(), Some("the session is closed"));
}

fn main() {
    custom_types_reach_the_handler_of_their_kind();
    path_parameters_are_parsed();
    borrowed_replies_are_not_copied();
    options_and_results_are_taken_apart();
    errors_reach_their_handler();
}
