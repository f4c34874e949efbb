//! How a container ends.

use super::*;
use crate::lifecycle::Phase;
use ws_core::CloseCode;

async fn sessions(handle: &Handle, count: usize) -> Vec<TcpStream> {
    let mut sessions = Vec::new();
    for _ in 0..count {
        let mut session = connect(handle).await;
        session.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
        assert!(read_head(&mut session).await.starts_with("HTTP/1.1 101 "));
        sessions.push(session);
    }
    while handle.hub().len() < count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    sessions
}

const CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9];

#[tokio::test]
async fn phases_follow_one_another() {
    let drain_delay = Duration::from_millis(300);
    let builder = Container::builder().discover().bind("127.0.0.1", 0);
    let builder = builder.settings(Settings { drain_delay, ..Settings::default() });
    let container = builder.build().unwrap();
    assert_eq!(container.handle().phase(), Phase::Starting);
    let handle = container.start().await.unwrap();
    assert_eq!(handle.phase(), Phase::Running);

    let stopping = tokio::spawn({
        let handle = handle.clone();
        async move { handle.shutdown().await }
    });
    timeout(LONG, handle.reached(Phase::Draining)).await.unwrap();
    assert!(!handle.phase().is_ready());
    // Whoever has not noticed yet is still served.
    let mut late = connect(&handle).await;
    late.write_all(upgrade("/echo/x", "").as_bytes()).await.unwrap();
    assert!(read_head(&mut late).await.starts_with("HTTP/1.1 101 "));
    assert_eq!(read_close(&mut late).await, 1001);
    late.write_all(&CLOSE).await.unwrap();
    assert_eq!(timeout(LONG, stopping).await.unwrap().unwrap(), 0);
    assert_eq!(handle.phase(), Phase::Stopped);
    timeout(LONG, handle.reached(Phase::Running)).await.unwrap();
}

#[tokio::test]
async fn sessions_are_told_one_after_the_other_with_the_code_that_was_set() {
    let settings = Settings {
        drain_spread: Duration::from_millis(400),
        drain_code: CloseCode::SERVICE_RESTART,
        ..Settings::default()
    };
    let handle = start(settings).await;
    let sessions = sessions(&handle, 20).await;
    let begun = Instant::now();
    let told: Vec<_> = sessions
        .into_iter()
        .map(|mut session| {
            tokio::spawn(async move {
                assert_eq!(read_close(&mut session).await, 1012);
                let told = begun.elapsed();
                session.write_all(&CLOSE).await.unwrap();
                told
            })
        })
        .collect();
    assert_eq!(timeout(LONG, handle.shutdown()).await.unwrap(), 0);
    let mut times = Vec::new();
    for told in told {
        times.push(timeout(LONG, told).await.unwrap().unwrap());
    }
    times.sort();
    let (first, last) = (times[0], times[19]);
    assert!(last - first >= Duration::from_millis(300), "{times:?}");
    assert!(times[10] - first >= Duration::from_millis(100), "{times:?}");
}

#[tokio::test]
async fn a_handler_may_finish_and_what_was_sent_goes_before_the_close() {
    let handle = start(Settings::default()).await;
    let mut session = sessions(&handle, 1).await.remove(0);
    let open = handle.hub().sessions().remove(0);
    for number in 0..100 {
        open.send(format!("{number:03}")).await.unwrap();
    }
    let stopping = tokio::spawn({
        let handle = handle.clone();
        async move { handle.shutdown().await }
    });
    for number in 0..100 {
        let mut frame = [0; 5];
        timeout(LONG, session.read_exact(&mut frame)).await.unwrap().unwrap();
        assert_eq!(&frame[2..], format!("{number:03}").as_bytes());
    }
    assert_eq!(read_close(&mut session).await, 1001);
    session.write_all(&CLOSE).await.unwrap();
    assert_eq!(timeout(LONG, stopping).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn no_grace_at_all_still_says_goodbye() {
    let handle = start(Settings { grace: Duration::ZERO, ..Settings::default() }).await;
    let mut sessions = sessions(&handle, 3).await;
    let begun = Instant::now();
    assert_eq!(timeout(LONG, handle.shutdown()).await.unwrap(), 3);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    for session in &mut sessions {
        let mut close = [0; 4];
        match timeout(LONG, session.read_exact(&mut close)).await.unwrap() {
            Ok(_) => assert_eq!(u16::from_be_bytes([close[2], close[3]]), 1001),
            // A reset may overtake what was written.
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
        }
    }
}

#[tokio::test]
async fn times_without_end_and_without_length_are_no_trap() {
    for time in [Duration::MAX, Duration::ZERO] {
        let settings = Settings {
            grace: time,
            drain_spread: time,
            handshake_timeout: time,
            head_timeout: time.max(Duration::from_millis(500)),
            ..Settings::default()
        };
        let handle = start(settings).await;
        let session = sessions(&handle, 1).await;
        drop(session);
        assert!(timeout(LONG, handle.shutdown()).await.unwrap() <= 1);
    }
    // No time for a head means the shortest there is.
    let handle = start(Settings { head_timeout: Duration::ZERO, ..Settings::default() }).await;
    assert_eq!(read_all(&mut connect(&handle).await).await, "");
    handle.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_was_dropped_goes_on_with_the_time_that_is_left() {
    const SECOND: Duration = Duration::from_secs(1);
    let (drain_delay, grace) = (10 * SECOND, 20 * SECOND);
    let settings = Settings { drain_delay, grace, ..Settings::default() };
    for (dropped_after, stays, end) in [
        (4 * SECOND, false, drain_delay),
        // While it waits for what does not end.
        (25 * SECOND, true, drain_delay + grace + SECOND),
        // When all its time is over.
        (60 * SECOND, true, drain_delay + grace + SECOND),
    ] {
        let container = Container::builder().settings(settings.clone()).build().unwrap();
        let handle = container.handle();
        let busy = stays.then(|| handle.server().sessions.token());
        let begun = Instant::now();
        let dropped = timeout(dropped_after, handle.shutdown()).await;
        assert_eq!(dropped.is_err(), dropped_after < end, "{dropped_after:?}");
        assert!(!handle.phase().is_ready());
        timeout(2 * (drain_delay + grace), handle.stopped()).await.unwrap();
        let took = begun.elapsed();
        assert!(took >= end && took < end + SECOND / 2, "{dropped_after:?}: {took:?}");
        assert_eq!(handle.phase(), Phase::Stopped);
        drop(busy);
    }
}
