//! One frame on the wire, RFC 6455 §5.2.
//!
//! ```text
//!  0 1 2 3 4 5 6 7   0 1 2 3 4 5 6 7
//! +-+-+-+-+-------+ +-+-------------+ +----------------+ +-----------+ +---------+
//! |F|R|R|R| opcode| |M| length      | | length, 16 or  | | masking   | | payload |
//! |I|S|S|S|       | |A| 7 bits;     | | 64 bits, when  | | key, when | |         |
//! |N|V|V|V|       | |S| 126 or 127  | | the 7 say so   | | MASK set  | |         |
//! | |1|2|3|       | |K| = extended  | |                | |           | |         |
//! +-+-+-+-+-------+ +-+-------------+ +----------------+ +-----------+ +---------+
//! ```

mod decode;
mod encode;
mod header;
mod view;

pub(crate) use decode::decode_whole_message;
pub use decode::{Decoded, decode_header};
pub use encode::encode_header;
pub use header::{FrameHeader, MAX_CONTROL_LEN, MAX_HEADER_LEN, Rsv};
pub use view::Frame;
