//! What becomes of published messages for a subscriber that does not take them.

use std::sync::Arc;

use tokio::time::timeout;
use ws_core::{Hub, OpCode, Overflow, Reply, SEND_HIGH_WATER};

use crate::support::{Call, NEAR, Rig, Setup, hook, secs};

const TOPIC: &str = "ticks";

/// Two subscribers, of which the first takes nothing more than its pipe does.
async fn members(overflow: Overflow, by_topic: bool) -> (Arc<Hub>, Rig, Rig) {
    let hub = Hub::new();
    if by_topic {
        hub.set_overflow(TOPIC, overflow);
    }
    let member = || {
        let setup = Setup::config(|config| {
            config.keep_alive = None;
            if !by_topic {
                config.overflow = overflow;
            }
        });
        Setup { hub: Arc::clone(&hub), ..setup }.start(hook(|session, call| async move {
            if let Call::Open = call {
                session.subscribe(TOPIC)?;
            }
            Ok(Reply::None)
        }))
    };
    let (slow, fast) = (member(), member());
    slow.journal.wait_for("open").await;
    fast.journal.wait_for("open").await;
    (hub, slow, fast)
}

/// Message `n`, of 10 kB.
fn message(n: usize) -> String {
    format!("{n:>10000}")
}

/// Publishes message `n`, which the fast one gets at once.
async fn publish(fast: &mut Rig, key: &str, n: usize) {
    let text = message(n);
    let published = fast.session.publish_keyed(TOPIC, key, &text);
    timeout(NEAR, published).await.expect("nobody waits").unwrap();
    assert_eq!(fast.peer.next_text().await, text);
}

/// The numbers of what the slow one gets when it reads at last, up to number `last`.
async fn read_to(slow: &mut Rig, last: usize) -> Vec<usize> {
    let mut got = Vec::new();
    loop {
        let frame = timeout(secs(1), slow.peer.frame()).await.expect("the last message");
        assert_eq!(frame.opcode, OpCode::Text);
        got.push(frame.text().trim().parse().unwrap());
        if got.last() == Some(&last) {
            return got;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_oldest_give_way() {
    for by_topic in [true, false] {
        let (_hub, mut slow, mut fast) = members(Overflow::DropOldest, by_topic).await;
        for n in 0..1000 {
            publish(&mut fast, "", n).await;
        }
        assert!(slow.session.is_open());
        let got = read_to(&mut slow, 999).await;
        assert!(got.is_sorted(), "{got:?}");
        let waited = got.len().min(SEND_HIGH_WATER / 10_000 - 1);
        assert!(got.len() < 200, "{} of 1000", got.len());
        assert!(got.ends_with(&(1000 - waited..1000).collect::<Vec<_>>()), "the newest: {got:?}");
        let traffic = slow.session.traffic();
        assert_eq!(traffic.dropped as usize + got.len(), 1000);
        assert_eq!(fast.session.traffic().dropped, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn of_each_key_the_latest_waits() {
    let (_hub, mut slow, mut fast) = members(Overflow::Latest, true).await;
    for n in 0..1000 {
        publish(&mut fast, ["a", "b", "c"][n % 3], n).await;
    }
    // Each in the place of the first with its key.
    let got = read_to(&mut slow, 998).await;
    assert!(got.ends_with(&[999, 997, 998]), "{got:?}");
    assert!(got.len() < 100, "{} of 1000", got.len());
    assert_eq!(slow.session.traffic().dropped as usize + got.len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn keys_and_topics_do_not_mix() {
    let (hub, mut slow, mut fast) = members(Overflow::Latest, true).await;
    hub.set_overflow("ticksa", Overflow::Latest);
    slow.session.subscribe("ticksa").unwrap();
    for n in 0..100 {
        publish(&mut fast, "ab", n).await; // fills the pipe
    }
    fast.session.publish_keyed("ticksa", "b", &message(1000)).await.unwrap();
    publish(&mut fast, "", 1001).await;
    let got = read_to(&mut slow, 1001).await;
    assert!(got.ends_with(&[99, 1000, 1001]), "{got:?}");
}

#[tokio::test(start_paused = true)]
async fn too_many_keys_are_bounded_too() {
    let (_hub, mut slow, mut fast) = members(Overflow::Latest, true).await;
    for n in 0..1000 {
        publish(&mut fast, &n.to_string(), n).await;
    }
    let got = read_to(&mut slow, 999).await;
    assert!(got.is_sorted() && got.len() < 200, "{got:?}");
}

#[tokio::test(start_paused = true)]
async fn the_publisher_waits_for_room_and_no_longer_than_the_send_timeout() {
    let (_hub, mut slow, mut fast) = members(Overflow::Wait, true).await;
    let session = fast.session.clone();
    let publisher = tokio::spawn(async move {
        for n in 0..200 {
            session.publish(TOPIC, &message(n)).await.unwrap();
        }
    });
    // The slow one reads one message a second: it gets each, and so does the fast one.
    for n in 0..200 {
        tokio::time::sleep(secs(1)).await;
        assert_eq!(slow.peer.next_text().await, message(n));
        assert_eq!(fast.peer.next_text().await, message(n));
    }
    publisher.await.unwrap();
    // Now it does not read at all.
    let session = fast.session.clone();
    let began = slow.age();
    let publisher = tokio::spawn(async move {
        for n in 0..200 {
            session.publish(TOPIC, &message(n)).await.unwrap();
        }
    });
    for n in 0..200 {
        assert_eq!(fast.peer.next_text().await, message(n));
    }
    publisher.await.unwrap();
    assert!(slow.age() - began < secs(30), "{:?}", slow.age() - began);
    assert!(!slow.session.is_open(), "the send timeout ended it");
    assert!(fast.session.is_open());
}

#[tokio::test(start_paused = true)]
async fn what_senders_were_told_is_sent_never_gives_way() {
    let (_hub, mut slow, mut fast) = members(Overflow::DropOldest, true).await;
    let mut sent = Vec::new();
    for n in 0.. {
        if slow.session.try_send(message(n)).is_err() {
            break;
        }
        sent.push(n);
        tokio::task::yield_now().await;
    }
    for n in 5000..5100 {
        publish(&mut fast, "", n).await;
    }
    let got = read_to(&mut slow, *sent.last().unwrap()).await;
    let own: Vec<_> = got.into_iter().filter(|n| *n < 5000).collect();
    assert_eq!(own, sent);
}
