//! What one peer may make this program keep and do: unfinished messages, control frames, and the
//! sums that tell.

use std::sync::Arc;

use ws_core::{Budget, Flow, Hub, OpCode};

use crate::support::{NEAR, Setup, echo, quiet, secs};

const NO_MEMORY: &str = "error no memory is left for messages that are not finished";

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_go_on_ends_the_session_with_1008() {
    for begin in [&[0x01, 0x81, 0, 0, 0, 0, b'x'][..], &[0x82, 0xFE, 0x10, 0, 0, 0, 0, 0, 1, 2, 3]]
    {
        let mut rig = Setup::config(|config| config.keep_alive = None).start(echo());
        rig.peer.raw(begin).await;
        rig.at(secs(50)).await;
        // A Ping between is no part of it, and no excuse.
        if begin[0] == 0x01 {
            rig.peer.ping("still here").await;
            assert_eq!(rig.peer.next_pong().await, "still here");
        }
        rig.at(secs(60) - NEAR).await;
        assert!(rig.session.is_open());
        rig.at(secs(60) + NEAR).await;
        let close = rig.peer.frame().await;
        assert_eq!((close.close_code(), &close.payload[2..]), (1008, &b"message timeout"[..]));
        rig.peer.close(1008).await;
        let all = rig.ended().await;
        assert_eq!(all[1..], ["error the rest of a message does not come", "close 1008 Local"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_goes_on_has_all_the_time_it_likes() {
    let mut rig = Setup::config(|config| config.keep_alive = None).start(echo());
    for n in 0..5 {
        rig.at(secs(59 * n)).await;
        let opcode = if n == 0 { OpCode::Text } else { OpCode::Continuation };
        let part = rig.peer.bytes(n == 4, opcode, b"x");
        rig.peer.raw(&part).await;
    }
    assert_eq!(rig.peer.next_text().await, "xxxxx");
    rig.at(secs(600)).await;
    assert!(rig.session.is_open(), "nothing is waited for any more");
}

#[tokio::test(start_paused = true)]
async fn unfinished_messages_share_a_budget_and_the_newest_gives_way() {
    let (hub, budget) = (Hub::new(), Budget::new(200_000));
    let start = || {
        let setup = Setup::config(|config| config.message_budget = budget.clone());
        Setup { hub: Arc::clone(&hub), ..setup }.start(echo())
    };
    let mut rigs: Vec<_> = (0..3).map(|_| start()).collect();
    for rig in &mut rigs[..2] {
        let begun = rig.peer.bytes(false, OpCode::Binary, &[1; 60_000]);
        rig.peer.raw(&begun).await;
        rig.settle().await;
        assert!(rig.session.is_open());
    }
    assert!((120_000..=200_000).contains(&budget.used()), "{}", budget.used());
    // What is short, and what is whole, needs nothing of it.
    rigs[2].peer.text(&"whole".repeat(10_000)).await;
    assert_eq!(rigs[2].peer.next_text().await.len(), 50_000);
    let begun = rigs[2].peer.bytes(false, OpCode::Binary, &[1; 10_000]);
    rigs[2].peer.raw(&begun).await;
    rigs[2].settle().await;
    assert!(rigs[2].session.is_open());
    for _ in 0..20 {
        let more = rigs[2].peer.bytes(false, OpCode::Continuation, &[2; 10_000]);
        rigs[2].peer.raw(&more).await;
        rigs[2].settle().await;
    }
    assert_eq!(rigs[2].peer.frame().await.close_code(), 1013);
    rigs[2].peer.close(1013).await;
    let all = rigs.remove(2).ended().await;
    assert_eq!(all[1..3], ["text of 50000", NO_MEMORY]);
    // The others were first, and finish.
    for mut rig in rigs {
        let end = rig.peer.bytes(true, OpCode::Continuation, b"");
        rig.peer.raw(&end).await;
        assert_eq!(rig.peer.frame().await.payload, [1; 60_000]);
        rig.settle().await;
    }
    assert_eq!(budget.used(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_control_frames_ends_with_1008() {
    for opcode in [OpCode::Ping, OpCode::Pong] {
        let mut rig = Setup::default().start(quiet());
        let one = rig.peer.bytes(true, opcode, b"x");
        for _ in 0..10 {
            rig.peer.raw(&one.repeat(100)).await;
            for _ in 0..if opcode == OpCode::Ping { 100 } else { 0 } {
                assert_eq!(rig.peer.next_pong().await, "x");
            }
        }
        rig.settle().await;
        assert!(rig.session.is_open(), "a burst is all right");
        rig.at(secs(1)).await;
        rig.peer.raw(&one.repeat(100)).await;
        rig.settle().await;
        assert!(rig.session.is_open(), "and so are a hundred in a second");
        rig.peer.raw(&one.repeat(2)).await;
        rig.settle().await;
        assert!(!rig.session.is_open(), "{opcode:?}");
        let rest = rig.peer.rest().await;
        let close = rest.last().unwrap();
        assert_eq!(close.close_code(), 1008);
        assert_eq!(&close.payload[2..], b"more than 100 control frames per second");
    }
}

#[tokio::test(start_paused = true)]
async fn answers_to_our_own_pings_are_no_flood() {
    let mut rig = Setup::default().start(quiet());
    for _ in 0..3000 {
        let session = rig.session.clone();
        let rtt = tokio::spawn(async move { session.ping("rtt").await });
        let ping = rig.peer.frame().await;
        rig.peer.send(OpCode::Pong, &ping.payload).await;
        rtt.await.unwrap().unwrap();
    }
    assert!(rig.session.is_open());
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_counted() {
    let mut rig = Setup::default().start(echo());
    rig.peer.text("four").await;
    assert_eq!(rig.peer.next_text().await, "four");
    for (fin, opcode, payload) in
        [(false, OpCode::Binary, &[1; 70][..]), (true, OpCode::Continuation, &[2; 30])]
    {
        let part = rig.peer.bytes(fin, opcode, payload);
        rig.peer.raw(&part).await;
    }
    assert_eq!(rig.peer.frame().await.payload.len(), 100);
    rig.peer.ping("no message").await;
    assert_eq!(rig.peer.next_pong().await, "no message");
    let mut writer = rig.session.binary_writer().await.unwrap();
    writer.write_bytes(&[3; 40_000]).await.unwrap();
    writer.finish().await.unwrap();
    let traffic = rig.session.traffic();
    assert_eq!(traffic.text_received, Flow { messages: 1, bytes: 4 });
    assert_eq!(traffic.text_sent, Flow { messages: 1, bytes: 4 });
    assert_eq!(traffic.binary_received, Flow { messages: 1, bytes: 100 });
    assert_eq!(traffic.binary_sent, Flow { messages: 2, bytes: 40_100 });
    assert_eq!(traffic.dropped, 0);
}
