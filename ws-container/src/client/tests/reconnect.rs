//! Connections that come back.

use ws_core::{CloseReason, Session};

use super::*;
use crate::client::{ConnectError, ReconnectPolicy, Reconnecting, on};

fn quick() -> ReconnectPolicy {
    ReconnectPolicy::default().first_wait(Duration::from_millis(10))
}

fn staying(client: &Client, server: &Server, policy: ReconnectPolicy) -> Reconnecting {
    client.stay_connected(&client.defaults(), policy, server.uri("/"), on)
}

async fn next(staying: &Reconnecting, not: Option<&Session>) -> Session {
    soon(async {
        loop {
            if let Some(session) = staying.open_session().await
                && not != Some(&session)
            {
                return session;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_lost_connection_comes_back() {
    let (client, server) = (client(), Server::new().await);
    let staying = staying(&client, &server, quick());
    let (first, peer) = tokio::join!(next(&staying, None), server.open());
    drop(peer);
    server.answer("HTTP/1.1 503 Not yet\r\nContent-Length: 0\r\n\r\n").await;
    let (second, mut peer) = tokio::join!(next(&staying, Some(&first)), server.open());
    assert_ne!(first.id(), second.id());
    let closing = async {
        assert_eq!(peer.next().await.0, 8);
        peer.frame(8, b"\x03\xe8").await;
        peer.ended().await;
    };
    tokio::join!(soon(staying.stop(CloseReason::default())), closing);
    let late = timeout(Duration::from_millis(100), server.listener.accept()).await;
    assert!(late.is_err(), "it was stopped");
}

#[tokio::test]
async fn an_orderly_end_and_a_refusal_are_for_good() {
    let (client, server) = (client(), Server::new().await);
    let mut staying_closed = staying(&client, &server, quick());
    let mut peer = server.open().await;
    peer.frame(8, b"\x03\xe8").await;
    peer.next().await;
    drop(peer);
    assert!(soon(staying_closed.given_up()).await.is_none());
    assert!(soon(staying_closed.open_session()).await.is_none());

    let mut refused = staying(&client, &server, quick());
    server.answer("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").await;
    let error = soon(refused.given_up()).await;
    assert!(matches!(error, Some(ConnectError::Status(_))), "{error:?}");
    assert!(soon(refused.given_up()).await.is_none(), "told once");
}

#[tokio::test(start_paused = true)]
async fn only_the_life_of_a_session_counts_as_success() {
    let server = Server::new().await;
    let client = client();
    let patient = config(|it| it.connect_timeout(Duration::from_secs(60)));
    let policy = ReconnectPolicy::default().max_attempts(Some(2));
    let mut staying = client.stay_connected(&patient, policy, server.uri("/"), on);
    for _ in 0..3 {
        let mut peer = server.request().await;
        // Longer than a session has to last.
        tokio::time::sleep(Duration::from_secs(15)).await;
        peer.open("").await;
    }
    assert!(staying.given_up().await.is_none(), "each of the three ended at once");
}

#[tokio::test(start_paused = true)]
async fn attempts_have_a_bound_and_their_waits_grow() {
    let server = Server::new().await;
    let uri = server.uri("/");
    drop(server);
    let client = client();
    let policy = ReconnectPolicy::default().max_attempts(Some(4));
    let begin = tokio::time::Instant::now();
    let mut staying = client.stay_connected(&client.defaults(), policy, uri, on);
    let error = staying.given_up().await;
    assert!(matches!(error, Some(ConnectError::Connect { .. })), "{error:?}");
    let waited = begin.elapsed().as_millis();
    // Half of 500 + 1000 + 2000 + 4000 ms at least, all of it at most, beside the attempts.
    assert!((3_750..=8_500).contains(&waited), "{waited}");
}
