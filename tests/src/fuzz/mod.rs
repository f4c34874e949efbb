//! What holds for any bytes from a peer, as functions that panic where it does not.
//!
//! The fuzz targets in `fuzz/` and the test `fuzz_corpus` run the same functions.

mod connection;
mod deflate;
mod handshake;
mod path;
mod pieces;

pub use connection::{conn_client, conn_server};
pub use deflate::{deflate_offer, deflate_roundtrip, inflate};
pub use handshake::{client_response, ext_header};
pub use path::path_template;
pub use pieces::{close_payload, frame_header, mask, utf8_incremental};

/// A target: its name, that of its folder of the corpus, and what it runs.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("client_response", client_response),
    ("close_payload", close_payload),
    ("conn_client", conn_client),
    ("conn_server", conn_server),
    ("deflate_offer", deflate_offer),
    ("deflate_roundtrip", deflate_roundtrip),
    ("ext_header", ext_header),
    ("frame_header", frame_header),
    ("inflate", inflate),
    ("mask", mask),
    ("path_template", path_template),
    ("utf8_incremental", utf8_incremental),
];

/// Most pieces that an input may ask to be cut into.
const MOST_CUTS: u8 = 16;

/// Reads a list of cuts off the front of `data`: a count, then the length of each piece but the
/// last. The rest, and the pieces of it.
fn cut(data: &[u8]) -> (&[u8], Vec<&[u8]>) {
    let Some((&count, rest)) = data.split_first() else { return (&[], Vec::new()) };
    let (lengths, whole) = rest.split_at(usize::from(count % MOST_CUTS).min(rest.len()));
    let mut pieces = Vec::new();
    let mut rest = whole;
    for len in lengths {
        let (piece, behind) = rest.split_at(usize::from(*len).min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    (whole, pieces)
}
