//! Extensions at work on connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ws_core::extension::{
    Decoder, Encoder, Extension, ExtensionOffer, ExtensionParam, Halves, InvalidParams, Part,
    SendOptions, Stack,
};
use ws_core::frame::Rsv;
use ws_core::{Hub, OpCode, ProtocolError, Reply, Role};

use crate::support::{Call, Hook, Rig, Setup, hook};

/// Turns every byte over, and counts how often it does so for a whole message.
#[derive(Clone, Debug, Default)]
struct Inverted {
    messages: Arc<AtomicUsize>,
    /// What it does to messages is told to depend on nothing else, by this name.
    name: Option<&'static str>,
}

impl Extension for Inverted {
    fn name(&self) -> &str {
        "inverted"
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV3
    }

    fn accept(&self, _: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
        Some(Vec::new())
    }

    fn start(&self, _: &ExtensionOffer, _: Role) -> Result<Halves, InvalidParams> {
        Ok(Halves::new(self.clone(), self.clone()))
    }
}

impl Decoder for Inverted {
    fn decode(&mut self, part: Part<'_>, out: &mut Vec<u8>, _: u64) -> Result<(), ProtocolError> {
        out.extend(part.payload.iter().map(|byte| !byte));
        Ok(())
    }
}

impl Encoder for Inverted {
    fn encode(&mut self, payload: &[u8], options: SendOptions, out: &mut Vec<u8>) -> bool {
        if options.compress() {
            self.messages.fetch_add(1, Ordering::Relaxed);
            out.extend(payload.iter().map(|byte| !byte));
        }
        options.compress()
    }

    fn begin(&mut self, options: SendOptions) -> bool {
        options.compress()
    }

    fn encode_part(&mut self, part: &[u8], _: bool, out: &mut Vec<u8>) {
        out.extend(part.iter().map(|byte| !byte));
    }

    fn share_key(&self) -> Option<Arc<str>> {
        self.name.map(Into::into)
    }
}

fn inverted(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| !byte).collect()
}

fn member(hub: &Arc<Hub>, extension: &Inverted) -> Rig {
    let subscribe: Hook = hook(|session, call| async move {
        if let Call::Open = call {
            session.subscribe("topic")?;
        }
        Ok(Reply::None)
    });
    let mut extensions = Stack::default();
    let answer = ExtensionOffer::new("inverted").unwrap();
    extensions.start(extension, &answer, Role::Server).unwrap();
    Setup { hub: Arc::clone(hub), extensions, ..Setup::default() }.start(subscribe)
}

#[tokio::test(start_paused = true)]
async fn what_is_published_is_transformed_once_for_all_that_agreed_on_the_same() {
    let hub = Hub::new();
    let count = Arc::new(AtomicUsize::new(0));
    let named = |name| Inverted { messages: Arc::clone(&count), name };
    // Two kinds of connections, and a few that are each of their own kind.
    let names = (0..1000).map(|n| match n % 100 {
        0 => None,
        n if n % 3 == 0 => Some("b"),
        _ => Some("a"),
    });
    let mut members: Vec<Rig> = names.map(|name| member(&hub, &named(name))).collect();
    for member in &members {
        member.journal.wait_for("open").await;
    }
    for (payload, want) in [("short".to_owned(), 12), ("long ".repeat(4000), 24)] {
        members[0].session.publish("topic", &payload).await.unwrap();
        for member in &mut members {
            let frame = member.peer.frame().await;
            assert_eq!(frame.opcode, OpCode::Text);
            assert_eq!(frame.payload, inverted(payload.as_bytes()));
        }
        assert_eq!(
            count.load(Ordering::Relaxed),
            want,
            "once for a, once for b, and for each of the ten others"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn senders_choose_and_writers_are_transformed() {
    let hub = Hub::new();
    let mut rig = member(&hub, &Inverted::default());
    rig.journal.wait_for("open").await;
    let options = SendOptions::new().no_compress();
    rig.session.send_with_options("as it is", options).await.unwrap();
    assert_eq!(rig.peer.frame().await.payload, b"as it is");
    rig.session.send("turned").await.unwrap();
    assert_eq!(rig.peer.frame().await.payload, inverted(b"turned"));
    for len in [20_000, 20] {
        let text = "w".repeat(len);
        for options in [SendOptions::new(), options] {
            let writer = rig.session.text_writer().await.unwrap();
            let mut writer = writer.with_options(options);
            writer.write_str(&text).await.unwrap();
            writer.finish().await.unwrap();
            let mut all = Vec::new();
            loop {
                let frame = rig.peer.frame().await;
                all.extend(frame.payload);
                if frame.fin {
                    break;
                }
            }
            let turned = inverted(text.as_bytes());
            let want = if options.compress() { turned } else { text.clone().into_bytes() };
            assert_eq!(all, want);
        }
    }
}
