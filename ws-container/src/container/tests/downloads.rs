//! Files that a peer asks for and does not take.

use std::fs::File;

use super::*;

/// More than the buffers of both sockets hold.
const LEN: u64 = 64 << 20;

#[tokio::test]
async fn a_download_that_is_not_taken_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    File::create(dir.path().join("long")).unwrap().set_len(LEN).unwrap();
    let builder = Container::builder().static_files(dir.path()).bind("127.0.0.1", 0);
    let handle = builder.build().unwrap().start().await.unwrap();
    for (waits, whole) in [(29, true), (31, false)] {
        let mut stream = connect(&handle).await;
        let request = b"GET /long HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 200 "));
        // Until the buffers are full.
        tokio::time::sleep(Duration::from_millis(500)).await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(waits)).await;
        tokio::time::resume();
        let mut body = tokio::io::sink();
        let read = timeout(LONG, tokio::io::copy(&mut stream, &mut body)).await.unwrap();
        assert_eq!(read.is_ok_and(|len| len == LEN), whole, "after {waits} s");
    }
}
