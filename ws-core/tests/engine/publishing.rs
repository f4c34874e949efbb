//! Topics: one encoding for all, one order for all, and nobody held up by anybody.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::time::{sleep, timeout};
use ws_core::{EndpointConfig, Hub, OpCode, PUBLISH_CAP, Reply, Role};

use crate::support::{Call, Hook, LONG, PIPE, Rig, Setup, hook, secs};

/// Subscribes to `topic` when it opens.
fn subscriber() -> Hook {
    hook(|session, call| async move {
        if let Call::Open = call {
            session.subscribe("topic")?;
        }
        Ok(Reply::None)
    })
}

async fn members(n: usize) -> (Arc<Hub>, Vec<Rig>) {
    let hub = Hub::new();
    let member = || Setup { hub: Arc::clone(&hub), ..Setup::default() }.start(subscriber());
    let members: Vec<Rig> = (0..n).map(|_| member()).collect();
    for member in &members {
        member.journal.wait_for("open").await;
    }
    (hub, members)
}

#[tokio::test(start_paused = true)]
async fn every_subscriber_gets_every_message_in_the_same_order() {
    let (_hub, mut members) = members(10).await;
    let publishers: Vec<_> = members[..5]
        .iter()
        .enumerate()
        .map(|(index, member)| {
            let session = member.session.clone();
            tokio::spawn(async move {
                for n in 0..20 {
                    session.publish("topic", &format!("{index} {n}")).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await.unwrap();
    }
    let mut orders = Vec::new();
    for member in &mut members {
        let mut order = Vec::new();
        for _ in 0..100 {
            order.push(member.peer.next_text().await);
        }
        member.peer.assert_silent().await;
        orders.push(order);
    }
    assert!(orders.iter().all(|order| *order == orders[0]));
}

/// Writes down where the long pieces lie that are written.
struct Watched(DuplexStream, Arc<Mutex<Vec<usize>>>);

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if buf.len() > 16 * 1024 {
            self.1.lock().unwrap().push(buf.as_ptr().addr());
        }
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bufs.iter().find(|piece| !piece.is_empty()).map_or(&[][..], |piece| piece);
        self.poll_write(cx, first)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn a_published_message_is_encoded_once_and_its_bytes_are_shared() {
    let hub = Hub::new();
    let places: Arc<Mutex<Vec<usize>>> = Arc::default();
    let mut members: Vec<Rig> = (0..4)
        .map(|_| {
            let (ours, theirs) = tokio::io::duplex(PIPE);
            let setup = Setup { hub: Arc::clone(&hub), ..Setup::default() };
            setup.start_on::<true>(Watched(ours, Arc::clone(&places)), theirs, subscriber())
        })
        .collect();
    members[3].journal.wait_for("open").await;
    let payload = vec![5; 30_000];
    members[0].session.publish("topic", &payload).await.unwrap();
    for member in &mut members {
        assert_eq!(member.peer.frame().await.payload, payload);
    }
    let places = places.lock().unwrap();
    assert_eq!(places.len(), 4);
    assert!(places.iter().all(|place| *place == places[0]), "{places:x?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_subscriber_is_closed_with_1013_and_holds_nobody_up() {
    let (_hub, mut members) = members(3).await;
    let mut slow = members.remove(0);
    let payload = vec![1; 100_000];
    let most = (PUBLISH_CAP + 512 * 1024) / payload.len() + 2;
    let mut published = 0;
    while slow.session.is_open() {
        assert!(published < most, "closed after {published} messages");
        members[0].session.publish("topic", &payload).await.unwrap();
        published += 1;
        for member in &mut members {
            assert_eq!(member.peer.frame().await.payload.len(), payload.len());
        }
        assert_eq!(slow.age().as_secs(), 0, "nobody waits");
    }
    assert!(published * payload.len() > PUBLISH_CAP, "closed after {published} messages");
    members[0].session.publish("topic", "on").await.unwrap();
    assert_eq!(members[1].peer.next_text().await, "on");
    // What the socket was given before still comes, if it reads at last; what waited does not.
    let mut came = 0;
    loop {
        let frame = slow.peer.frame().await;
        if frame.opcode == OpCode::Close {
            assert_eq!(frame.close_code(), 1013);
            break;
        }
        came += 1;
    }
    assert!(came > 0 && came < published - 1, "{came} of {published}");
    slow.peer.close(1013).await;
    assert_eq!(slow.ended().await[1..], ["close 1013 Local clean"]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_subscriber_that_never_reads_is_gone_in_time() {
    let (_hub, members) = members(2).await;
    let payload = vec![1; 100_000];
    let mut members = members.into_iter();
    let (slow, fast) = (members.next().unwrap(), members.next().unwrap());
    while slow.session.is_open() {
        fast.session.publish("topic", &payload).await.unwrap();
        sleep(secs(0)).await;
        if !fast.session.is_open() {
            break; // nobody reads here
        }
    }
    slow.journal.wait_for("close").await;
    assert!(slow.age() <= secs(26), "{:?}", slow.age());
    slow.ended().await;
}

/// The cap is for what piles up: one message alone may be longer.
#[tokio::test(start_paused = true)]
async fn one_message_above_the_cap_is_no_sign_of_slowness() {
    let (_hub, mut members) = members(2).await;
    let payload = vec![3; PUBLISH_CAP + 100_000];
    members[0].session.publish("topic", &payload).await.unwrap();
    for member in &mut members {
        assert_eq!(member.peer.frame().await.payload.len(), payload.len());
        assert!(member.session.is_open());
    }
}

#[tokio::test(start_paused = true)]
async fn who_unsubscribes_gets_nothing_more() {
    let (_hub, mut members) = members(2).await;
    let session = members[0].session.clone();
    session.subscribe("topic").unwrap();
    session.publish("topic", "once").await.unwrap();
    assert_eq!(members[0].peer.next_text().await, "once");
    members[0].peer.assert_silent().await;
    session.unsubscribe("topic");
    session.publish("topic", "others").await.unwrap();
    session.publish("nobody's", "x").await.unwrap();
    assert_eq!(members[1].peer.next_text().await, "once");
    assert_eq!(members[1].peer.next_text().await, "others");
    members[0].peer.assert_silent().await;
    session.subscribe("topic").unwrap();
    session.publish("topic", "again").await.unwrap();
    assert_eq!(members[0].peer.next_text().await, "again");
}

#[tokio::test(start_paused = true)]
async fn sessions_that_end_leave_their_topics() {
    let (hub, members) = members(6).await;
    for (n, mut member) in members.into_iter().enumerate() {
        match n % 3 {
            0 => member.session.abort(),
            1 => member.peer.close(1000).await,
            _ => drop(std::mem::replace(&mut member.peer.io, tokio::io::duplex(1).0)),
        }
        let session = member.session.clone();
        member.ended().await;
        assert!(session.subscribe("topic").is_err());
    }
    assert!(hub.is_empty());
    // No topic is left, and no session in one: nothing but the tests' own handles.
    assert_eq!(format!("{hub:?}").matches("topic\"").count(), 0, "{hub:?}");
}

#[tokio::test(start_paused = true)]
async fn clients_mask_what_is_published_to_them() {
    let (hub, mut servers) = members(1).await;
    let setup = Setup { hub, role: Role::Client, ..Setup::default() };
    let mut client = setup.start(subscriber());
    client.journal.wait_for("open").await;
    let payload = vec![6; 20_000];
    servers[0].session.publish("topic", &payload).await.unwrap();
    assert_eq!(client.peer.frame().await.payload, payload);
    assert_eq!(servers[0].peer.frame().await.payload, payload);
}

#[tokio::test(start_paused = true)]
async fn peers_are_the_open_sessions_of_one_endpoint() {
    let hub = Hub::new();
    let deployed = ws_core::Deployed::new(EndpointConfig::new("/a"), Arc::clone(&hub));
    let start = |deployed: &Arc<ws_core::Deployed>| {
        let deployed = Some(Arc::clone(deployed));
        Setup { hub: Arc::clone(&hub), deployed, ..Setup::default() }.start(subscriber())
    };
    let rigs: Vec<Rig> = (0..3).map(|_| start(&deployed)).collect();
    let stranger = Setup { hub: Arc::clone(&hub), ..Setup::default() }.start(subscriber());
    stranger.settle().await;
    assert_eq!((rigs[0].session.peers().len(), hub.len()), (3, 4));
    rigs[1].session.close(ws_core::CloseReason::default());
    assert_eq!(rigs[0].session.peers().len(), 2, "a closing session is no peer");
    hub.close_all(&ws_core::CloseReason::default());
    for mut rig in rigs {
        assert_eq!(rig.peer.frame().await.close_code(), 1000);
        rig.peer.close(1000).await;
        timeout(LONG, rig.ended()).await.unwrap();
    }
}
