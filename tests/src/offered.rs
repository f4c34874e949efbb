//! An extension that nobody has.

use ws_container::Role;
use ws_container::extension::{
    Extension, ExtensionOffer, ExtensionParam, Halves, Identity, InvalidParams,
};

/// Is offered with these parameters, and never agreed on.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a name and its parameters")]
pub struct Offered(pub &'static str, pub Vec<ExtensionParam>);

impl Extension for Offered {
    fn name(&self) -> &str {
        self.0
    }

    fn offers(&self) -> Vec<Vec<ExtensionParam>> {
        vec![self.1.clone()]
    }

    fn accept(&self, _: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
        None
    }

    fn start(&self, answer: &ExtensionOffer, role: Role) -> Result<Halves, InvalidParams> {
        Identity.start(answer, role)
    }
}
