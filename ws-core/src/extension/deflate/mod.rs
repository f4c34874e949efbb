//! permessage-deflate, RFC 7692: messages compressed with DEFLATE.
//!
//! No connection keeps a compressor or decompressor between messages: those of the thread are used.
//! Where messages may refer to earlier ones (context takeover), a connection keeps the last bytes of
//! those, and hands them in again with each message. On the wire that makes no difference.

mod compress;
mod compressor;
#[cfg(feature = "legacy-deflate-frame")]
mod frame;
mod history;
mod inflate;
mod terms;

#[cfg(feature = "legacy-deflate-frame")]
pub use self::frame::DeflateFrame;
pub use self::terms::{InvalidWindowBits, WindowBits};

use self::compressor::{Manner, MessageCompressor};
use self::inflate::Decompressor;
use self::terms::Terms;
use crate::budget::Budget;
use crate::extension::grammar::{ExtensionOffer, ExtensionParam};
use crate::extension::interface::{Extension, Halves, Scope};
use crate::extension::params::InvalidParams;
use crate::frame::Rsv;
use crate::role::Role;

/// `permessage-deflate` (RFC 7692), for servers and clients.
///
/// By default no message refers to an earlier one, in either direction, and an idle connection keeps
/// nothing for compression. [`server_context_takeover`](Self::server_context_takeover) and
/// [`client_context_takeover`](Self::client_context_takeover) let messages refer to earlier ones of
/// the same connection: they get a quarter smaller or more, and the connection keeps as many bytes as
/// the window has. A [`Budget`] bounds what all connections keep.
///
/// Compression can tell an attacker about secrets: who can put text of their own in a message beside
/// a secret learns from the length whether both are alike, and with context takeover across
/// messages too (RFC 7692 §8). [`SendOptions::no_compress`](crate::extension::SendOptions) sends a
/// message as it is.
///
/// # Examples
///
/// ```
/// use http::HeaderValue;
/// use ws_core::extension::{Extension, ExtensionOffer, PerMessageDeflate, WindowBits};
///
/// let field = HeaderValue::from_static("permessage-deflate; client_max_window_bits");
/// let offer = &ExtensionOffer::parse_list([&field])?[0];
/// let answer = |extension: PerMessageDeflate| {
///     let params = extension.accept(offer).unwrap_or_default();
///     params.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
/// };
///
/// assert_eq!(
///     answer(PerMessageDeflate::default()),
///     "server_no_context_takeover; client_no_context_takeover",
/// );
/// let window = WindowBits::new(11)?; // 2 KiB, twice
/// let takeover = PerMessageDeflate::default()
///     .server_context_takeover(window)
///     .client_context_takeover(window);
/// assert_eq!(answer(takeover), "client_max_window_bits=11");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "compression")]
pub struct PerMessageDeflate {
    level: u8,
    threshold: usize,
    /// The window of what a server sends, when it keeps its context; and likewise of a client.
    server: Option<WindowBits>,
    client: Option<WindowBits>,
    budget: Budget,
}

impl PerMessageDeflate {
    /// The level unless told otherwise.
    pub const DEFAULT_LEVEL: u8 = 2;

    /// What connections may keep for context takeover together unless told otherwise: 64 MiB.
    pub const DEFAULT_BUDGET: usize = 64 << 20;

    /// The threshold unless told otherwise, in bytes.
    pub const DEFAULT_THRESHOLD: usize = 64;

    /// How much work goes into compression, from 1, the fastest, to 9; 2 by default.
    ///
    /// 1 makes JSON messages of 1 KiB about a quarter larger than 2 does, and takes less than half of
    /// the time: 7 µs instead of 19, where 6 takes 23.
    #[must_use]
    pub const fn level(mut self, level: u8) -> Self {
        self.level = match level {
            0 => 1,
            1..=9 => level,
            _ => 9,
        };
        self
    }

    /// Leaves messages with fewer bytes as they are; 64 by default. Streams are always compressed.
    #[must_use]
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// Lets what the server sends refer to earlier messages, if the client agrees, through a window
    /// of 2^`window` bytes at most.
    #[must_use]
    pub const fn server_context_takeover(mut self, window: WindowBits) -> Self {
        self.server = Some(window);
        self
    }

    /// Lets what the client sends refer to earlier messages, if the other side agrees. The client is
    /// asked for a window of 2^`window` bytes; one that does not know how (it did not offer
    /// `client_max_window_bits`) makes a server keep 32 KiB.
    #[must_use]
    pub const fn client_context_takeover(mut self, window: WindowBits) -> Self {
        self.client = Some(window);
        self
    }

    /// Bounds the bytes that connections keep for context takeover; by default 64 MiB for all that
    /// use this extension. Beyond it a server agrees to no context takeover and a client offers none;
    /// compression still is agreed on. A client that offered it while there was room keeps to what it
    /// is answered.
    ///
    /// Not in it is what an unfinished compressed message holds until it ends: a compressor or a
    /// decompressor, up to 80 KiB.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// What a client offers, the preferred first.
    fn offered(&self) -> Vec<Terms> {
        let own = |window: Option<WindowBits>| window.filter(|&window| window < WindowBits::MAX);
        let preferred = Terms {
            server_no_context_takeover: self.server.is_none(),
            client_no_context_takeover: self.client.is_none(),
            server_max_window_bits: own(self.server),
            client_max_window_bits: Some(own(self.client)),
        };
        let mut offers = vec![preferred];
        if preferred.server_max_window_bits.is_some() {
            // Not every server can do with a smaller window; then a larger one it is.
            offers.push(Terms { server_max_window_bits: None, ..preferred });
        }
        offers
    }

    /// What a server answers to `offer`.
    fn answer(&self, offer: Terms) -> Terms {
        let mut answer = Terms {
            server_no_context_takeover: offer.server_no_context_takeover || self.server.is_none(),
            client_no_context_takeover: offer.client_no_context_takeover || self.client.is_none(),
            server_max_window_bits: offer.server_max_window_bits,
            client_max_window_bits: None,
        };
        if let (Some(bits), Some(own)) = (answer.server_max_window_bits, self.server)
            && !answer.server_no_context_takeover
        {
            answer.server_max_window_bits = Some(bits.min(own));
        }
        // A smaller window saves nothing when nothing is kept.
        if let (Some(bits), Some(own)) = (offer.client_max_window_bits, self.client)
            && !answer.client_no_context_takeover
        {
            let bits = bits.unwrap_or(WindowBits::MAX).min(own);
            answer.client_max_window_bits = Some(Some(bits)).filter(|_| bits < WindowBits::MAX);
        }
        if !self.budget.has(self.need(&answer, Role::Server)) {
            answer.server_no_context_takeover = true;
            answer.client_no_context_takeover = true;
            answer.client_max_window_bits = None;
        }
        answer
    }

    /// The window for sending, and whether it outlasts a message.
    fn sending(&self, agreed: &Terms, role: Role) -> (WindowBits, bool) {
        let (no_takeover, bits, own) = match role {
            Role::Server => {
                (agreed.server_no_context_takeover, agreed.server_max_window_bits, self.server)
            }
            Role::Client => (
                agreed.client_no_context_takeover,
                agreed.client_max_window_bits.flatten(),
                self.client,
            ),
        };
        let bits = bits.unwrap_or(WindowBits::MAX);
        // To use less than was agreed on is the sender's own business.
        match own.filter(|_| !no_takeover) {
            Some(own) => (bits.min(own), true),
            None => (bits, false),
        }
    }

    /// Bytes that a connection keeps.
    fn need(&self, agreed: &Terms, role: Role) -> usize {
        let (sending, receiving) = self.memory(agreed, role);
        sending + receiving
    }

    /// Bytes that a connection keeps for sending and for receiving.
    fn memory(&self, agreed: &Terms, role: Role) -> (usize, usize) {
        let (window, takeover) = self.sending(agreed, role);
        let sending = if takeover { window.len() } else { 0 };
        let (window, takeover) = receiving(agreed, role);
        (sending, if takeover { window.len() } else { 0 })
    }
}

/// The window for receiving, and whether it outlasts a message.
fn receiving(agreed: &Terms, role: Role) -> (WindowBits, bool) {
    let (no_takeover, bits) = match role {
        Role::Server => {
            (agreed.client_no_context_takeover, agreed.client_max_window_bits.flatten())
        }
        Role::Client => (agreed.server_no_context_takeover, agreed.server_max_window_bits),
    };
    (bits.unwrap_or(WindowBits::MAX), !no_takeover)
}

impl Default for PerMessageDeflate {
    fn default() -> Self {
        Self {
            level: Self::DEFAULT_LEVEL,
            threshold: Self::DEFAULT_THRESHOLD,
            server: None,
            client: None,
            budget: Budget::new(Self::DEFAULT_BUDGET),
        }
    }
}

impl Extension for PerMessageDeflate {
    fn name(&self) -> &'static str {
        "permessage-deflate"
    }

    fn rsv(&self) -> Rsv {
        Rsv::RSV1
    }

    fn offers(&self) -> Vec<Vec<ExtensionParam>> {
        let offered = self.offered();
        let need = offered.first().map_or(0, |terms| self.need(terms, Role::Client));
        let offered = if self.budget.has(need) {
            offered
        } else {
            Self { server: None, client: None, ..self.clone() }.offered()
        };
        offered.iter().filter_map(|terms| terms.params().ok()).collect()
    }

    fn accept(&self, offer: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
        self.answer(Terms::read(offer).ok()?).params().ok()
    }

    fn start(&self, answer: &ExtensionOffer, role: Role) -> Result<Halves, InvalidParams> {
        let agreed = Terms::read(answer)?;
        if agreed.client_max_window_bits == Some(None) {
            return Err(InvalidParams::new("client_max_window_bits of an answer needs a value"));
        }
        if role == Role::Client && !self.offered().iter().any(|offer| agreed.answers(offer)) {
            return Err(InvalidParams::new("the answer is none to what was offered"));
        }
        let reserve = |bytes| (bytes > 0).then(|| self.budget.reserve(bytes));
        let (for_sending, for_receiving) = self.memory(&agreed, role);
        let manner = Manner { level: self.level, threshold: self.threshold };
        let (window, takeover) = self.sending(&agreed, role);
        let encoder = MessageCompressor::new(manner, window, takeover, reserve(for_sending));
        let (window, takeover) = receiving(&agreed, role);
        let decoder =
            Decompressor::new(Scope::Message, window.len(), takeover, reserve(for_receiving));
        Ok(Halves::new(decoder, encoder))
    }
}

#[cfg(test)]
mod tests;
