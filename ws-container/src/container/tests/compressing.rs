//! Extensions from the handshake to the wire.

use async_trait::async_trait;
use ws_core::extension::{
    Decoders, Encoders, Extension, ExtensionOffer, Fragment, PerMessageDeflate, Stack, WindowBits,
};
use ws_core::protocol::{Event, Heap, Receiver, Sender, Wants};
use ws_core::{Delivery, Limits, MessageKind, Role, ServerConfigurator, ServerEndpointConfig};

use super::*;

#[server_endpoint("/agreed", crate = ws_core)]
#[derive(Debug, Default)]
struct Agreed;

#[handlers(crate = ws_core)]
impl Agreed {
    #[on_message]
    fn text(&mut self, session: &Session, text: &str) -> String {
        let names: Vec<_> = session.extensions().iter().map(ToString::to_string).collect();
        format!("{} | {text}", names.join(", "))
    }
}

/// Reads and writes messages piece by piece.
#[server_endpoint("/streamed", crate = ws_core)]
#[derive(Debug, Default)]
struct Streamed;

#[handlers(crate = ws_core)]
impl Streamed {
    #[on_message]
    async fn text(
        &mut self,
        session: &Session,
        mut reader: ws_core::MessageReader,
    ) -> Result<(), ws_core::Error> {
        let mut writer = session.text_writer().await?;
        while let Some(piece) = reader.next_text().await? {
            writer.write_str(&piece).await?;
        }
        writer.finish().await
    }
}

/// Takes single frames.
#[server_endpoint("/frames", crate = ws_core)]
#[derive(Debug, Default)]
struct Frames;

#[handlers(crate = ws_core)]
impl Frames {
    #[on_frame]
    fn frame(&mut self, _frame: &ws_core::frame::Frame<'_>) {}
}

/// Wants no extension.
struct Plain;

#[async_trait]
impl ServerConfigurator for Plain {
    fn negotiate_extensions(
        &self,
        installed: &[Arc<dyn Extension>],
        _: Vec<ExtensionOffer>,
    ) -> Vec<ExtensionOffer> {
        assert_eq!(installed[0].name(), "permessage-deflate");
        Vec::new()
    }
}

async fn serve(settings: Settings) -> Handle {
    let plain = ServerEndpointConfig::builder::<Agreed>("/plain").configurator(Plain);
    let builder = Container::builder().discover().deploy(plain.build().unwrap());
    let builder = builder.settings(settings).extension(Fragment::default());
    builder.bind("127.0.0.1", 0).build().unwrap().start().await.unwrap()
}

/// What the 101 at `path` says of extensions, for a client that makes these `offers`.
async fn answer(handle: &Handle, path: &str, offers: &str) -> (Option<String>, TcpStream) {
    let mut stream = connect(handle).await;
    let field = format!("Sec-WebSocket-Extensions: {offers}\r\n");
    stream.write_all(upgrade(path, &field).as_bytes()).await.unwrap();
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    let answer = head.lines().find_map(|line| line.strip_prefix("sec-websocket-extensions: "));
    (answer.map(str::to_owned), stream)
}

#[tokio::test]
async fn what_is_answered_to_offers() {
    let window = WindowBits::new(11).unwrap();
    let keeping = PerMessageDeflate::default()
        .server_context_takeover(window)
        .client_context_takeover(window);
    let browser = "permessage-deflate; client_max_window_bits";
    let none = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    #[rustfmt::skip] // a table
    let cases = [
        (Some(PerMessageDeflate::default()), "/agreed", Some(none)),
        (Some(keeping),                      "/agreed", Some("permessage-deflate; client_max_window_bits=11")),
        (None,                               "/agreed", None),
        (Some(PerMessageDeflate::default()), "/frames", None),
        (Some(PerMessageDeflate::default()), "/plain",  None),
    ];
    for (deflate, path, want) in cases {
        let handle = serve(Settings { deflate, ..Settings::default() }).await;
        let (got, _) = answer(&handle, path, browser).await;
        assert_eq!(got.as_deref(), want, "{path}");
        let (got, _) = answer(&handle, path, "unknown; x=1").await;
        assert_eq!(got, None);
        handle.hub().abort_all();
        handle.shutdown().await;
    }
}

fn client(answer: &str) -> (Decoders, Encoders) {
    let field = http::HeaderValue::from_str(answer).unwrap();
    let answers = ExtensionOffer::parse_list([&field]).unwrap();
    let installed: [Arc<dyn Extension>; 2] =
        [Arc::new(PerMessageDeflate::default()), Arc::new(Fragment::default())];
    Stack::start_all(&installed, &answers, Role::Client).unwrap().split()
}

#[tokio::test]
async fn both_sides_use_what_they_agreed_on() {
    let handle = serve(Settings::default()).await;
    let offers = "permessage-deflate; server_no_context_takeover; client_no_context_takeover, \
                  fragment; maxLength=20";
    let (agreed, mut stream) = answer(&handle, "/agreed", offers).await;
    let agreed = agreed.unwrap();
    assert_eq!(agreed, offers);
    let (decoders, encoders) = client(&agreed);
    let mut sender = Sender::new(Role::Client, encoders);
    let wants = Wants { text: Delivery::Whole, binary: Delivery::Whole, frames: false };
    let mut receiver = Receiver::new(Role::Client, Limits::default(), wants, decoders, Heap);
    let text = "what is said again and again is said again ".repeat(50);
    for _ in 0..3 {
        let mut wire = Vec::new();
        sender.message(MessageKind::Text, text.as_bytes(), [1, 2, 3, 4], &mut wire);
        assert!(wire.len() < 250, "{}", wire.len());
        stream.write_all(&wire).await.unwrap();
        let mut received = 0;
        'reply: loop {
            let mut byte = [timeout(LONG, stream.read_u8()).await.unwrap().unwrap()];
            received += 1;
            let (event, _) = receiver.receive(&mut byte).unwrap();
            if let Some(Event::Text(reply)) = event {
                assert_eq!(reply.as_str(), format!("{agreed} | {text}"));
                break 'reply;
            }
        }
        assert!((60..300).contains(&received), "{received} bytes, in several frames");
    }
    handle.hub().abort_all();
    handle.shutdown().await;
}

/// With windows of their own and without.
#[cfg(feature = "client")]
#[tokio::test]
async fn the_client_and_the_container_understand_each_other() {
    use crate::client::{Client, ClientEndpointConfig};

    let small = WindowBits::new(9).unwrap();
    let keeping = PerMessageDeflate::default()
        .threshold(0)
        .server_context_takeover(small)
        .client_context_takeover(WindowBits::MAX);
    let alone = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    #[rustfmt::skip] // a table
    let cases = [
        (PerMessageDeflate::default(), PerMessageDeflate::default(), alone),
        (PerMessageDeflate::default(), keeping.clone(), "permessage-deflate; \
            server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9"),
        (keeping.clone(), PerMessageDeflate::default(), alone),
        (keeping.clone(), keeping,     "permessage-deflate; server_max_window_bits=9"),
    ];
    for (ours, theirs, want) in cases {
        let handle = serve(Settings { deflate: Some(ours), ..Settings::default() }).await;
        let fragment = Fragment::default().max_length(std::num::NonZeroU32::new(40).unwrap());
        let config = ClientEndpointConfig::builder()
            .no_proxy()
            .permessage_deflate(theirs)
            .extension(fragment)
            .build()
            .unwrap();
        let uri = format!("ws://{}/agreed", handle.local_addrs()[0]);
        let opening = Client::new().open_with(&config, uri).await;
        let mut socket = opening.unwrap();
        let names: Vec<_> = socket.session().extensions().iter().map(ToString::to_string).collect();
        let agreed = format!("{want}, fragment; maxLength=40");
        assert_eq!(names.join(", "), agreed);
        for text in ["", "short", &"again and again ".repeat(400), "short", "🦀"] {
            socket.send(text).await.unwrap();
            let reply = timeout(LONG, socket.recv()).await.unwrap().unwrap().unwrap();
            assert_eq!(reply.payload(), format!("{agreed} | {text}").as_bytes());
        }
        let uri = format!("ws://{}/streamed", handle.local_addrs()[0]);
        let mut socket = Client::new().open_with(&config, uri).await.unwrap();
        for round in 0..3 {
            let text: String = (0..20_000).map(|n| format!("{} ", n * round)).collect();
            socket.send(text.as_str()).await.unwrap();
            let reply = timeout(LONG, socket.recv()).await.unwrap().unwrap().unwrap();
            assert!(reply.payload() == text.as_bytes(), "what was streamed comes back");
        }
        handle.hub().abort_all();
        handle.shutdown().await;
    }
}

#[cfg(feature = "legacy-deflate-frame")]
#[tokio::test]
async fn frames_are_compressed_for_old_browsers() {
    use ws_core::extension::DeflateFrame;

    for (name, extension) in
        [("x-webkit-deflate-frame", DeflateFrame::WEBKIT), ("deflate-frame", DeflateFrame::DRAFT)]
    {
        let handle = serve(Settings::default()).await;
        let (agreed, mut stream) = answer(&handle, "/agreed", name).await;
        let agreed = agreed.unwrap();
        assert_eq!(agreed, format!("{name}; no_context_takeover"));
        let field = http::HeaderValue::from_str(&agreed).unwrap();
        let answers = ExtensionOffer::parse_list([&field]).unwrap();
        let stack = Stack::start_all(&[Arc::new(extension) as _], &answers, Role::Client).unwrap();
        let (decoders, encoders) = stack.split();
        let mut sender = Sender::new(Role::Client, encoders);
        let wants = Wants { text: Delivery::Whole, binary: Delivery::Whole, frames: false };
        let mut receiver = Receiver::new(Role::Client, Limits::default(), wants, decoders, Heap);
        let text = "again and again ".repeat(50);
        let mut wire = Vec::new();
        sender.message(MessageKind::Text, text.as_bytes(), [1, 2, 3, 4], &mut wire);
        assert!(wire[0] == 0xC1 && wire.len() < 100, "RSV1, and shorter");
        stream.write_all(&wire).await.unwrap();
        'reply: for count in 0.. {
            let mut byte = [timeout(LONG, stream.read_u8()).await.unwrap().unwrap()];
            assert!(count > 0 || byte[0] == 0xC1, "RSV1");
            let (event, _) = receiver.receive(&mut byte).unwrap();
            if let Some(Event::Text(reply)) = event {
                assert_eq!(reply.as_str(), format!("{agreed} | {text}"));
                break 'reply;
            }
        }
        handle.hub().abort_all();
        handle.shutdown().await;
    }
}
