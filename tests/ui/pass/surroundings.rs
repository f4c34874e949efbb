#![deny(warnings)]
//! What handlers take beside messages: state, identity, the request, variables that may be missing.

use std::any::TypeId;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};

use ws_container::endpoint::{Context, Declared, Endpoint};
use ws_container::prelude::*;
use ws_container::{
    Deployed, HandshakeRequest, Hub, Principal, Reply, Request, States, Text,
};

#[derive(Debug)]
pub struct Clock(pub u64);

#[derive(Debug)]
pub struct Names(pub Vec<&'static str>);

#[server_endpoint("/room/{room}")]
#[derive(Default)]
pub struct Room;

#[handlers]
impl Room {
    #[on_open]
    async fn open(
        &mut self,
        #[path_param] room: Option<String>,
        request: &HandshakeRequest,
        clock: State<Clock>,
        session: &Session,
    ) -> String {
        format!("{room:?} {} {} {}", request.path(), clock.0.0, session.is_open())
    }

    #[on_message]
    fn text(
        &mut self,
        who: Option<&Principal>,
        names: &State<Names>,
        text: &str,
        State(clock): State<Clock>,
        #[path_param("wing")] wing: Option<&str>,
        #[path_param] room: Option<u8>,
    ) -> String {
        let who = who.map_or("nobody", Principal::name);
        format!("{who} {} {text} {} {wing:?} {room:?}", names.0.0.len(), clock.0)
    }

    #[on_message]
    fn binary(&mut self, bytes: &[u8], who: &Principal) -> String {
        format!("{} {}", who.name(), bytes.len())
    }

    #[on_closing]
    async fn closing(&mut self, reason: &CloseReason, clock: &State<Clock>) -> Option<String> {
        (clock.0.0 > 0).then(|| format!("bye {reason:?}"))
    }
}

#[server_endpoint("/board")]
#[derive(Default)]
pub struct Board;

#[handlers]
impl Board {
    #[on_message]
    #[requires(roles = ["author", "admin"])]
    fn write<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[requires(authenticated)]
    #[on_message]
    fn read(&mut self, _: Pong) -> &'static str {
        "seen"
    }
}

/// These handlers wait for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("pending"),
    }
}

fn session(principal: Option<Principal>) -> Session {
    let mut states = States::new();
    states.insert(Arc::new(Clock(5)));
    states.insert(Arc::new(Names(vec!["a", "b"])));
    let deployed = Deployed::new(EndpointConfig::new("/room/{room}"), Hub::with_states(states));
    let mut request = Request::new("ws://localhost/room/9");
    request.path_params = vec![("room".into(), "9".to_owned())];
    request.principal = principal.map(Arc::new);
    Session::new(deployed, request, None)
}

fn said(reply: Result<Reply<'_>>) -> String {
    match reply {
        Ok(Reply::Message(Message::Text(text))) => text.into_owned(),
        other => format!("{other:?}"),
    }
}

fn cx<'a, E>(session: &'a Session, decoders: &'a mut ()) -> Context<'a, E>
where
    E: Declared<Decoders = (), Encoders = ()>,
{
    Context::new(session, decoders, &())
}

fn text(session: &Session, message: &str) -> String {
    said(now(Room.on_text(cx(session, &mut ()), Text::Borrowed(message))))
}

fn write(session: &Session) -> String {
    said(now(Board.on_text(cx(session, &mut ()), Text::Borrowed("line"))))
}

fn main() {
    let set = Room::HANDLERS;
    assert!(set.handshake && set.closing && !Board::HANDLERS.handshake);
    let states: Vec<_> = set.states.iter().map(|it| ((it.type_id)(), it.name)).collect();
    let want = [(TypeId::of::<Clock>(), "Clock"), (TypeId::of::<Names>(), "Names")];
    assert_eq!(states, want);

    let (anonymous, ada) = (session(None), session(Some(Principal::new("ada").with_role("admin"))));
    assert_eq!(text(&anonymous, "hi"), "nobody 2 hi 5 None Some(9)");
    assert_eq!(text(&ada, "hi"), "ada 2 hi 5 None Some(9)");

    let payload = || ws_container::Binary::Borrowed(&[1, 2]);
    let binary = said(now(Room.on_binary(cx(&anonymous, &mut ()), payload())));
    assert_eq!(binary, "Err(Forbidden { role: \"authenticated\" })");
    assert_eq!(said(now(Room.on_binary(cx(&ada, &mut ()), payload()))), "ada 2");

    assert_eq!(write(&ada), "line");
    let guest = session(Some(Principal::new("guest")));
    for other in [&anonymous, &guest] {
        assert_eq!(write(other), "Err(Forbidden { role: \"author or admin\" })");
    }
    let pong = || Pong::new(Vec::new(), None);
    assert_eq!(said(now(Board.on_pong(cx(&guest, &mut ()), pong()))), "seen");
    assert!(now(Board.on_pong(cx(&anonymous, &mut ()), pong())).is_err());
}
