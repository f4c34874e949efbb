//! Messages up to a limit, and beyond.

use tests::{Frame, RawClient, TestServer};
use ws_container::Settings;

use crate::support::{assert_failed, open};

const MIB: usize = 1 << 20;

#[test]
fn sizes_default_max_message() {
    let settings = Settings::default();
    assert_eq!(settings.limits.max_text_len, MIB as u64);
    assert_eq!(settings.limits.max_binary_len, MIB as u64);
    let server = TestServer::start();
    let (mut client, journal) = open(&server, "bare", "default-max");
    client.send_text(&"x".repeat(MIB));
    journal.wait_for("text x");
    client.send(&Frame::text("x".repeat(MIB + 1)));
    client.assert_failed(1009);
}

/// An endpoint that takes 1,000 bytes of text and 1,024 bytes of data reports nothing; the one that
/// reports takes as much by the container's settings.
fn small() -> TestServer {
    TestServer::with(|settings| {
        settings.limits.max_text_len = 1000;
        settings.limits.max_binary_len = 1000;
    })
}

#[test]
fn sizes_one_over_the_limit() {
    let server = small();
    for (case, frame) in [
        ("over-text", Frame::text("x".repeat(1001))),
        ("over-binary", Frame::binary([0; 1001])),
        ("over-65537", Frame::text("x".repeat(65_537))),
    ] {
        let (mut client, journal) = open(&server, "journal", case);
        client.send(&frame);
        let reason = assert_failed(client, &journal, 1009);
        assert!(reason.contains("max_"), "the reason names the setting to change: {reason}");
    }
}

#[test]
fn sizes_unit_of_the_text_limit() {
    let server = small();
    let (mut client, journal) = open(&server, "journal", "unit-of-text");
    client.send_text(&"é".repeat(600));
    assert_failed(client, &journal, 1009);
    let mut client = RawClient::open(server.addr(), "/small");
    client.assert_echo(&"é".repeat(500));
}

#[test]
fn sizes_2_fragments_of_600_limit_1000() {
    let server = small();
    let (mut client, journal) = open(&server, "journal", "two-of-600");
    client.send(&Frame::text("x".repeat(600)).unfinished());
    // Its header, and no byte more.
    client.send_bytes(&Frame::continuation([]).unfinished().header_claiming(600, 7 + 16));
    assert_failed(client, &journal, 1009);
}

#[test]
fn sizes_header_claims_1_gib_limit_1000() {
    let server = small();
    let (mut client, journal) = open(&server, "journal", "one-gib");
    client.send_bytes(&Frame::binary([]).header_claiming(1 << 30, 7 + 64));
    assert_failed(client, &journal, 1009);
}

#[test]
fn sizes_max_size_of_the_handler_over_the_default() {
    let server = small();
    let mut client = RawClient::open(server.addr(), "/echo");
    client.assert_echo(&"x".repeat(2 * MIB));
    // Nothing is set aside for what a header promises: 64 MiB for each of these would be 12 GiB.
    let clients: Vec<_> = (0..200)
        .map(|_| {
            let mut client = RawClient::open(server.addr(), "/echo");
            client.send_bytes(&Frame::binary([]).header_claiming(64 << 20, 7 + 64));
            client
        })
        .collect();
    for mut client in clients {
        client.send_bytes(b"some");
    }
    client.assert_echo("still well");
}

#[test]
fn sizes_max_size_of_the_handler_below_the_default() {
    let server = TestServer::start();
    let mut client = RawClient::open(server.addr(), "/small");
    client.assert_echo(&"x".repeat(1000));
    client.send_text(&"x".repeat(1001));
    client.assert_failed(1009);
}

#[test]
fn sizes_client_goes_on_sending_after_a_1009() {
    let server = small();
    let (mut client, journal) = open(&server, "journal", "goes-on-after-1009");
    client.send_bytes(&Frame::binary(vec![0; 50_000]).masked());
    // More behind it must not turn the Close into a reset.
    client.send_bytes(&Frame::binary(vec![0; 50_000]).masked());
    assert_failed(client, &journal, 1009);
}
