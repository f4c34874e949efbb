//! Published messages in the queue, and what becomes of them when it is full.

use crate::overflow::Overflow;
use crate::session::error::Error;
use crate::session::outbox::{Item, Outbox, Published, SEND_HIGH_WATER};

impl Outbox {
    /// Queues a published message without waiting. How many gave way, perhaps this one itself.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] where there is no room and the policy is not to make some,
    /// [`Error::Closed`] where nothing more is taken.
    pub(crate) fn publish(&self, message: &Published, overflow: Overflow) -> Result<u64, Error> {
        let item = Item::Published(message.clone());
        match overflow {
            Overflow::Disconnect => self.push(item).map(|()| 0),
            Overflow::Wait => self.try_send(item).map(|()| 0),
            Overflow::DropOldest | Overflow::Latest => {
                let mut queue = self.lock();
                if queue.closed {
                    return Err(Error::Closed);
                }
                if overflow == Overflow::Latest && queue.replace(message) {
                    return Ok(1);
                }
                let weight = item.weight();
                let gave_way = queue.make_room(weight, SEND_HIGH_WATER);
                if queue.weight > 0 && queue.weight + weight > SEND_HIGH_WATER {
                    // What waits has a sender who was told that it is sent.
                    self.changed(&queue);
                    return Ok(gave_way + 1);
                }
                self.take_in(&mut queue, item, 0).map(|_| gave_way)
            }
        }
    }
}
