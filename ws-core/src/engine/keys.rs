//! Masking keys: unpredictable, a new one for every frame (RFC 6455 §5.3, §10.3).

use std::cell::RefCell;

use crate::config::EndpointConfig;

/// Random bytes drawn from the system at once.
const DRAWN: usize = 1024;

thread_local! {
    static KEYS: RefCell<([u8; DRAWN], usize)> = const { RefCell::new(([0; DRAWN], DRAWN)) };
}

/// A key for a client's next frame.
pub(super) fn masking_key(config: &EndpointConfig) -> [u8; 4] {
    config.masking.as_ref().map_or_else(fresh, |generator| generator.masking_key())
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
