//! The extension that changes nothing.

use crate::extension::grammar::{ExtensionOffer, ExtensionParam};
use crate::extension::interface::{Decoder, Encoder, Extension, Halves, Part};
use crate::extension::params::{InvalidParams, ParamReader};
use crate::protocol_error::ProtocolError;
use crate::role::Role;

/// `identity`: is agreed on and changes nothing. For tests of negotiation, and as the shortest
/// example of an [`Extension`].
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "has nothing")]
pub struct Identity;

impl Extension for Identity {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn accept(&self, offer: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
        ParamReader::new(offer).finish().is_ok().then(Vec::new)
    }

    fn start(&self, answer: &ExtensionOffer, _: Role) -> Result<Halves, InvalidParams> {
        ParamReader::new(answer).finish()?;
        Ok(Halves::new(Unchanged, Unchanged))
    }
}

struct Unchanged;

impl Decoder for Unchanged {
    fn decode(&mut self, part: Part<'_>, out: &mut Vec<u8>, _: u64) -> Result<(), ProtocolError> {
        out.extend_from_slice(part.payload);
        Ok(())
    }
}

impl Encoder for Unchanged {
    fn share_key(&self) -> Option<std::sync::Arc<str>> {
        Some("identity".into())
    }
}
