//! Messages of every length and cut, both ways, and the engine against itself.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use ws_core::{
    CloseCode, CloseReason, Deployed, EndpointConfig, Hub, Message, OpCode, Reply, Request, Role,
    Session, Start, Transport, handlers, serve, server_endpoint,
};

use crate::support::{
    Call, Journal, PIPE, Peer, Probe, Setup, assert_lifecycle, echo, frame, hook, quiet, secs,
};

/// Answers each message with the bytes it came in; a text that begins with `wait`, after 3 s.
#[server_endpoint("/borrowed", crate = ws_core)]
#[derive(Default)]
pub(crate) struct Borrowed;

#[handlers(crate = ws_core)]
impl Borrowed {
    #[on_message]
    async fn text<'m>(&mut self, text: &'m str) -> &'m str {
        if text.starts_with("wait") {
            tokio::time::sleep(secs(3)).await;
        }
        text
    }

    #[on_message]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

/// A connection of [`Borrowed`]: its peer, session and task.
pub(crate) fn borrowed(
    config: EndpointConfig,
    pipe: usize,
) -> (Peer, Session, tokio::task::JoinHandle<()>) {
    let (ours, theirs) = tokio::io::duplex(pipe);
    let deployed = Deployed::new(config, Hub::new());
    let session = Session::new(deployed, Request::new("ws://localhost/borrowed"), None);
    let transport = Transport::Other(Box::new(ours));
    let start = Start::new(transport, Vec::new(), Role::Server, session.clone());
    (Peer::new(theirs, Role::Server), session, tokio::spawn(ws_core::start::<Borrowed>(start)))
}

fn large() -> EndpointConfig {
    let mut config = EndpointConfig::new("/");
    config.limits.max_binary_len = 8 << 20;
    config.limits.max_text_len = 8 << 20;
    config
}

/// Bytes without a period, that are ASCII too.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 25) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Writes and reads at once, as a peer must whose messages are larger than all buffers.
async fn exchange(peer: &mut Peer, wire: Vec<u8>) -> crate::support::Frame {
    let spare = tokio::io::duplex(1).0;
    let (read, mut write) = tokio::io::split(std::mem::replace(&mut peer.io, spare));
    let writing = tokio::spawn(async move {
        write.write_all(&wire).await.unwrap();
        write
    });
    let (mut relay, relayed) = tokio::io::duplex(PIPE);
    peer.io = relayed;
    let reading = tokio::spawn(async move {
        let mut read = read;
        tokio::io::copy(&mut read, &mut relay).await.map(|_| read)
    });
    let frame = peer.frame().await;
    let write = writing.await.unwrap();
    reading.abort();
    drop((reading.await, write));
    frame
}

#[tokio::test(start_paused = true)]
async fn large_messages_come_back_as_they_went() {
    for len in [16_383, 16_384, 65_535, 65_536, 65_537, 1 << 20, 4 << 20] {
        for opcode in [OpCode::Binary, OpCode::Text] {
            let payload = noise(len);
            let (mut peer, ..) = borrowed(large(), PIPE);
            let wire = peer.bytes(true, opcode, &payload);
            let back = exchange(&mut peer, wire).await;
            assert!(back.opcode == opcode && back.payload == payload, "{len} {opcode:?} borrowed");

            let mut rig = Setup { config: large(), ..Setup::default() }.start(echo());
            let wire = rig.peer.bytes(true, opcode, &payload);
            let back = exchange(&mut rig.peer, wire).await;
            assert!(back.opcode == opcode && back.payload == payload, "{len} {opcode:?} owned");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn fragments_come_back_whole_with_masks_at_every_phase() {
    for piece in [1, 3, 127, 16_385, 65_537, 300_001] {
        let payload = noise((piece * 9).clamp(70_000, 2_000_000));
        let (mut peer, ..) = borrowed(large(), PIPE);
        let mut wire = Vec::new();
        let last = payload.chunks(piece).count() - 1;
        for (n, part) in payload.chunks(piece).enumerate() {
            let opcode = if n == 0 { OpCode::Binary } else { OpCode::Continuation };
            let key = [n as u8, 0x80, 0xFF, (n >> 8) as u8];
            wire.extend(frame(n == last, opcode, Some(key), part));
        }
        let back = exchange(&mut peer, wire).await;
        assert!(back.payload == payload, "{piece} bytes a fragment");
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_limit_is_one_mib_to_the_byte() {
    for (opcode, setting) in [(OpCode::Text, "text"), (OpCode::Binary, "binary")] {
        let mut rig = Setup::default().start(quiet());
        let wire = rig.peer.bytes(true, opcode, &noise(1 << 20));
        rig.peer.raw(&wire).await;
        rig.journal.wait_for(setting).await;
        let head = rig.peer.bytes(true, opcode, &noise((1 << 20) + 1));
        rig.peer.raw(&head[..14]).await;
        let close = rig.peer.frame().await;
        assert_eq!(close.close_code(), 1009, "at the header, before the payload");
        let says = String::from_utf8_lossy(&close.payload[2..]).into_owned();
        assert!(says.contains(&format!("max_{setting}_message = 1048576")), "{says}");
        assert_eq!(rig.ended().await.last().unwrap(), "close 1009 Local");
    }
}

/// The answer to a long message, interrupted by the peer's slowness, stays one frame: the answer
/// to a Close that came meanwhile waits for its end.
#[tokio::test(start_paused = true)]
async fn a_close_never_cuts_a_reply_that_is_being_written() {
    let (mut peer, ..) = borrowed(large(), 300_000);
    let payload = [&b"wait"[..], &noise(500_000)].concat();
    let text = peer.bytes(true, OpCode::Text, &payload);
    let close = peer.bytes(true, OpCode::Close, &[3, 0xE8]);
    peer.raw(&text).await;
    peer.raw(&close).await;
    tokio::time::sleep(secs(12)).await;
    let back = peer.frame().await;
    assert!(back.payload == payload);
    assert_eq!(peer.frame().await.close_code(), 1000);
}

/// Client and server, both ours, over one pipe.
#[tokio::test(start_paused = true)]
async fn the_client_role_and_the_server_role_understand_each_other() {
    let (left, right) = tokio::io::duplex(PIPE);
    let connect = |role, io, hook, journal: &Journal| {
        let deployed = Deployed::new(large(), Hub::new());
        let session = Session::new(deployed, Request::new("ws://localhost/"), None);
        let start = Start::new(Transport::Other(Box::new(io)), vec![], role, session.clone());
        let task = tokio::spawn(serve(Probe::<true>::new(journal.clone(), hook), start));
        (session, task)
    };
    let (at_server, at_client) = (Journal::default(), Journal::default());
    let (_, server) = connect(Role::Server, left, echo(), &at_server);
    let (client, task) = connect(Role::Client, right, quiet(), &at_client);
    for len in [0, 1, 125, 126, 65_535, 65_536, 1_000_000] {
        client.send(noise(len)).await.unwrap();
        client.send(String::from_utf8(noise(len)).unwrap()).await.unwrap();
    }
    client.send_ping("ping").await.unwrap();
    at_client.wait_for("text of 1000000").await;
    at_client.wait_for("pong ping").await;
    assert_eq!(at_client.count("binary"), 7);
    let reason = CloseReason::new(CloseCode::new(4000).unwrap(), "done").unwrap();
    client.close(reason).await;
    server.await.unwrap();
    task.await.unwrap();
    for (journal, end) in
        [(&at_server, "close 4000 Peer clean"), (&at_client, "close 4000 Local clean")]
    {
        assert_lifecycle(&journal.all());
        assert_eq!(journal.all().last().unwrap(), end);
    }
}

#[tokio::test(start_paused = true)]
async fn early_bytes_are_the_first_messages() {
    let mut early = crate::support::masked(true, OpCode::Text, b"one");
    early.extend(crate::support::masked(true, OpCode::Ping, b"two"));
    let third = crate::support::masked(true, OpCode::Text, b"three");
    early.extend(&third[..4]);
    let mut rig = Setup { early, ..Setup::default() }.start(hook(|session, call| async move {
        match call {
            Call::Open => session.send("opened").await.map(|()| Reply::None),
            Call::Text(text) => Ok(Reply::Message(Message::text(text))),
            _ => Ok(Reply::None),
        }
    }));
    rig.peer.raw(&third[4..]).await;
    assert_eq!(rig.peer.next_text().await, "opened");
    assert_eq!(rig.peer.next_text().await, "one");
    assert_eq!(rig.peer.next_pong().await, "two");
    assert_eq!(rig.peer.next_text().await, "three");
    let _ = Arc::strong_count(&rig.hub);
}
