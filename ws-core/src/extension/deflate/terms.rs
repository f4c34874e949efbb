//! The four parameters of permessage-deflate, RFC 7692 §7.1.

use thiserror::Error;

use crate::extension::grammar::{ExtensionOffer, ExtensionParam, InvalidToken};
use crate::extension::params::{InvalidParams, ParamReader};

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The size of a window, as its logarithm: from 8, 256 bytes, to 15, 32 KiB (RFC 7692 §7.1.2).
///
/// ```
/// use ws_core::extension::WindowBits;
///
/// assert_eq!(WindowBits::new(12)?.len(), 4096);
/// assert!(WindowBits::new(16).is_err());
/// # Ok::<(), ws_core::extension::InvalidWindowBits>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct WindowBits(u8);

/// A number that is no [`WindowBits`].
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("window bits are a number from 8 to 15, not {0}")]
pub struct InvalidWindowBits(pub u8);

#[expect(clippy::len_without_is_empty, reason = "no window is empty")]
impl WindowBits {
    /// 256 bytes.
    pub const MIN: Self = Self(8);

    /// 32 KiB.
    pub const MAX: Self = Self(15);

    /// A window of 2^`bits` bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidWindowBits`] below 8 and above 15.
    pub const fn new(bits: u8) -> Result<Self, InvalidWindowBits> {
        match bits {
            8..=15 => Ok(Self(bits)),
            _ => Err(InvalidWindowBits(bits)),
        }
    }

    /// The logarithm.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The bytes of the window.
    #[must_use]
    pub const fn len(self) -> usize {
        1 << self.0
    }

    fn of(bits: u32) -> Option<Self> {
        u8::try_from(bits).ok().and_then(|bits| Self::new(bits).ok())
    }
}

/// What an offer asks for, or an answer says.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Terms {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: Option<WindowBits>,
    /// Without a value, in offers only, it says that the client can do with a smaller window.
    pub(super) client_max_window_bits: Option<Option<WindowBits>>,
}

impl Terms {
    pub(super) fn read(offer: &ExtensionOffer) -> Result<Self, InvalidParams> {
        let mut params = ParamReader::new(offer);
        let terms = Self {
            server_no_context_takeover: params.flag(SERVER_NO_CONTEXT_TAKEOVER)?,
            client_no_context_takeover: params.flag(CLIENT_NO_CONTEXT_TAKEOVER)?,
            server_max_window_bits: params
                .number(SERVER_MAX_WINDOW_BITS, 8..=15)?
                .and_then(WindowBits::of),
            client_max_window_bits: params
                .optional_number(CLIENT_MAX_WINDOW_BITS, 8..=15)?
                .map(|bits| bits.and_then(WindowBits::of)),
        };
        params.finish()?;
        Ok(terms)
    }

    pub(super) fn params(&self) -> Result<Vec<ExtensionParam>, InvalidToken> {
        let mut params = Vec::new();
        for (name, set) in [
            (SERVER_NO_CONTEXT_TAKEOVER, self.server_no_context_takeover),
            (CLIENT_NO_CONTEXT_TAKEOVER, self.client_no_context_takeover),
        ] {
            if set {
                params.push(ExtensionParam::flag(name)?);
            }
        }
        if let Some(bits) = self.server_max_window_bits {
            params.push(ExtensionParam::with_value(SERVER_MAX_WINDOW_BITS, bits.0.to_string())?);
        }
        match self.client_max_window_bits {
            None => {}
            Some(None) => params.push(ExtensionParam::flag(CLIENT_MAX_WINDOW_BITS)?),
            Some(Some(bits)) => {
                params
                    .push(ExtensionParam::with_value(CLIENT_MAX_WINDOW_BITS, bits.0.to_string())?);
            }
        }
        Ok(params)
    }

    /// Whether a server may answer `offer` with this.
    pub(super) fn answers(&self, offer: &Self) -> bool {
        let server_bits = match (offer.server_max_window_bits, self.server_max_window_bits) {
            (None, _) => true,
            (Some(offered), answered) => answered.is_some_and(|answered| answered <= offered),
        };
        let client_bits = match (offer.client_max_window_bits, self.client_max_window_bits) {
            (_, None) => true,
            (Some(offered), Some(Some(answered))) => answered <= offered.unwrap_or(WindowBits::MAX),
            (None, Some(_)) | (_, Some(None)) => false,
        };
        let takeover = self.server_no_context_takeover || !offer.server_no_context_takeover;
        takeover && server_bits && client_bits
    }
}
