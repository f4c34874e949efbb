//! Decoders and encoders: the types between messages and the objects of an application.

mod lookup;
mod traits;

pub use lookup::{AnyDecoder, AnyEncoder, FindDecoder, FindEncoder, Here, There};
pub use traits::{
    BinaryDecoder, BinaryEncoder, BinaryKind, FirstOf, Kind, NoDecoder, TextDecoder, TextEncoder,
    TextKind,
};
