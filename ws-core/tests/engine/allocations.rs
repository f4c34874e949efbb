//! A message in steady state costs no allocation.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use ws_core::{
    Deployed, EndpointConfig, Hub, OpCode, Request, Role, Session, Start, Transport, start,
};

use crate::messages::Borrowed;
use crate::support::{frame, masked};

/// Allocations of this thread while `rounds` messages are echoed, one at a time.
fn allocations(opcode: OpCode, payload: &[u8], rounds: u64) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (ours, mut theirs) = runtime.block_on(async { UnixStream::pair().unwrap() });
    let deployed = Deployed::new(EndpointConfig::new("/"), Hub::new());
    let session = Session::new(deployed, Request::new("ws://localhost/"), None);
    let begin = Start::new(Transport::Unix(ours), Vec::new(), Role::Server, session);
    runtime.spawn(start::<Borrowed>(begin));
    let message = masked(true, opcode, payload);
    let answer = frame(true, opcode, None, payload);
    let mut got = vec![0; answer.len()];
    let mut rounds_of = |n: u64| {
        runtime.block_on(async {
            for _ in 0..n {
                theirs.write_all(&message).await.unwrap();
                theirs.read_exact(&mut got).await.unwrap();
            }
        });
        assert!(got == answer);
    };
    rounds_of(100);
    allocation_counter::measure(|| rounds_of(rounds)).count_total
}

#[test]
fn echoed_messages_allocate_nothing() {
    for opcode in [OpCode::Text, OpCode::Binary] {
        for len in [0, 16, 125, 126, 4096, 20_000] {
            // What entering the runtime costs is the same for one message and for many.
            let few = allocations(opcode, &vec![b'x'; len], 10);
            let many = allocations(opcode, &vec![b'x'; len], 1010);
            assert_eq!(many, few, "1,000 messages of {len} bytes, {opcode:?}");
        }
    }
}

/// Above the length of a read a message is put together, in memory that is used again.
#[test]
fn assembled_messages_use_their_memory_again() {
    for opcode in [OpCode::Text, OpCode::Binary] {
        let few = allocations(opcode, &vec![b'x'; 200_000], 10);
        let many = allocations(opcode, &vec![b'x'; 200_000], 110);
        assert_eq!(many, few, "100 messages of 200,000 bytes, {opcode:?}");
    }
}

/// A message of 5 GiB is announced, and much of it comes: memory stays what it was.
#[test]
fn a_message_that_is_read_while_it_comes_needs_no_memory_of_its_length() {
    use crate::support::{Given, PIPE, STREAM, act, forms};

    const PIECES: usize = 512;
    let reading = act(|_, given| async move {
        let Given::Stream(mut reader) = given else { return Ok(ws_core::Reply::None) };
        let mut len = 0;
        while len < PIECES * PIPE
            && let Some(chunk) = reader.chunk().await?
        {
            len += chunk.len();
        }
        Ok(ws_core::Reply::Message(ws_core::Message::text(len.to_string())))
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let piece = vec![0; PIPE];
    let counted = allocation_counter::measure(|| {
        runtime.block_on(async {
            let mut rig = forms::<STREAM, true>(EndpointConfig::new("/"), PIPE, reading);
            let mut head = vec![0x82, 0xFF];
            head.extend((5_u64 << 30).to_be_bytes());
            head.extend([0; 4]);
            rig.peer.raw(&head).await;
            for _ in 0..PIECES {
                rig.peer.raw(&piece).await;
            }
            assert_eq!(rig.peer.next_text().await, (PIECES * PIPE).to_string());
        });
    });
    assert!(counted.bytes_max < 1 << 20, "{} bytes at once", counted.bytes_max);
}

/// A session that has sent, in each way, keeps next to nothing of that while it is idle.
#[test]
fn a_session_that_has_sent_gives_its_memory_back() {
    use crate::support::{Rig, Setup, quiet};

    async fn send(rig: &mut Rig) {
        rig.session.send("one").await.unwrap();
        for text in ["two", "three"] {
            rig.session.enqueue(text).await.unwrap();
        }
        let batch = rig.session.batch();
        rig.session.send("four").await.unwrap();
        drop(batch);
        rig.session.flush().await.unwrap();
        for text in ["one", "two", "three", "four"] {
            assert_eq!(rig.peer.next_text().await, text);
        }
        rig.settle().await;
    }

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let [mut first, mut second] = runtime.block_on(async {
        let rigs = [Setup::default().start(quiet()), Setup::default().start(quiet())];
        // What both ends of the pipe and the peer keep.
        let (mut first, mut second) = rigs.into();
        for rig in [&mut first, &mut second] {
            rig.settle().await;
            rig.peer.ping(&"x".repeat(100)).await;
            rig.peer.next_pong().await;
        }
        [first, second]
    });
    runtime.block_on(send(&mut first)); // what the thread keeps
    let kept = allocation_counter::measure(|| runtime.block_on(send(&mut second)));
    assert_eq!(kept.bytes_current, 0, "{kept:?}");
}
