//! Header fields, and a server's answer to a client.

use http::HeaderValue;
use ws_core::extension::{ExtensionOffer, MAX_EXTENSIONS, MAX_PARAMS, negotiate};
use ws_core::handshake::{ClientRequest, HandshakeKey, MAX_HEAD_LEN, Subprotocol};

use super::cut;

/// A list of extensions that is understood says the same when it is printed and read again.
pub fn ext_header(data: &[u8]) {
    let lines: Vec<HeaderValue> = data
        .split(|byte| *byte == b'\n')
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
        .collect();
    let parsed = ExtensionOffer::parse_list(&lines);
    assert_eq!(negotiate(&[], &lines).is_ok(), parsed.is_ok(), "installed or not");
    let Ok(offers) = parsed else { return };
    assert!(offers.len() <= MAX_EXTENSIONS);
    assert!(offers.iter().all(|offer| offer.params().len() <= MAX_PARAMS));
    let printed: Vec<String> = offers.iter().map(ToString::to_string).collect();
    let line = HeaderValue::from_str(&printed.join(", ")).unwrap();
    assert_eq!(ExtensionOffer::parse_list([&line]).unwrap(), offers);
}

/// The key that clients of [`client_response`] send; its answer is `ACCEPT`.
const KEY: &[u8] = b"dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

fn request() -> ClientRequest {
    let offered = ["chat", "superchat"].map(|name| Subprotocol::new(name).unwrap());
    let request = ClientRequest::new("ws://localhost/", HandshakeKey::parse(KEY).unwrap()).unwrap();
    let offer = ExtensionOffer::new("permessage-deflate").unwrap();
    offered
        .into_iter()
        .fold(request, |request, name| request.subprotocol(name).unwrap())
        .extension(offer)
}

/// What is accepted has the right answer to the key and nothing that was not offered, and the
/// verdict does not depend on where the bytes are cut.
pub fn client_response(data: &[u8]) {
    let (whole, pieces) = cut(data);
    let at_once = request().verify(whole);
    let mut cut_request = request();
    let (mut received, mut in_pieces) = (Vec::new(), Ok(None));
    for piece in pieces {
        received.extend_from_slice(piece);
        in_pieces = cut_request.verify(&received);
        if !matches!(in_pieces, Ok(None)) {
            break;
        }
    }
    assert_eq!(verdict(&at_once), verdict(&in_pieces));
    let Ok(Some(verified)) = at_once else { return };
    assert!(verified.consumed <= whole.len() && verified.consumed <= MAX_HEAD_LEN);
    assert!(whole[..verified.consumed].ends_with(b"\n"));
    let accept = verified.headers.get("sec-websocket-accept");
    assert_eq!(accept.map(HeaderValue::as_bytes), Some(ACCEPT.as_bytes()));
    let chosen = verified.subprotocol.as_ref().map(Subprotocol::as_str);
    assert!(matches!(chosen, None | Some("chat" | "superchat")));
    assert!(verified.extensions.iter().all(|chosen| chosen.name() == "permessage-deflate"));
    assert!(verified.extensions.len() <= 1);
}

fn verdict(
    result: &Result<Option<ws_core::handshake::Verified>, ws_core::handshake::HandshakeError>,
) -> String {
    match result {
        Ok(None) => "more".to_owned(),
        Ok(Some(verified)) => format!("{} bytes {:?}", verified.consumed, verified.subprotocol),
        Err(error) => format!("{error:?}"),
    }
}
