//! Masking keys: unpredictable, a new one for every frame (RFC 6455 §5.3, §10.3).

use std::cell::RefCell;
use std::sync::Arc;

use crate::config::EndpointConfig;
use crate::mask::MaskGenerator;

/// Random bytes drawn from the system at once.
const DRAWN: usize = 1024;

thread_local! {
    static KEYS: RefCell<([u8; DRAWN], usize)> = const { RefCell::new(([0; DRAWN], DRAWN)) };
}

/// A key for a client's next frame.
pub(super) fn masking_key(config: &EndpointConfig) -> [u8; 4] {
    config.masking.as_ref().map_or_else(fresh, |generator| generator.masking_key())
}

/// The same keys, one by one, for frames that extensions add.
pub(super) fn more_keys(config: &EndpointConfig) -> Arc<dyn MaskGenerator> {
    config.masking.clone().unwrap_or_else(|| Arc::new(Fresh))
}

/// Draws from the system.
#[derive(Debug)]
struct Fresh;

impl MaskGenerator for Fresh {
    fn masking_key(&self) -> [u8; 4] {
        fresh()
    }
}

fn fresh() -> [u8; 4] {
    KEYS.with_borrow_mut(|(bytes, used)| {
        if *used == DRAWN {
            getrandom::fill(bytes).expect("the system has a source of randomness");
            *used = 0;
        }
        let key = [bytes[*used], bytes[*used + 1], bytes[*used + 2], bytes[*used + 3]];
        *used += 4;
        key
    })
}
