//! What an endpoint is: its callbacks, what it declares, and how messages become parameters and
//! return values replies.

mod callbacks;
mod message_param;
mod outcome;
pub mod path;
mod path_param;
mod reply;
mod shared;
mod state;

pub use callbacks::{Context, Declared, Endpoint, HandlerInfo, HandlerKind, HandlerSet};
pub use message_param::{BuiltIn, FromMessage, ThroughDecoder};
pub use outcome::Outcome;
pub use path_param::{FromPathParam, ThroughFromStr, path_param};
pub use reply::{
    IntoReply, Owned, Replies, Reply, ReplyContext, ThroughEncoder, WithOption, WithReplies,
    WithResult,
};
pub use shared::{Shared, SharedEndpoint};
pub use state::{State, StateInfo};
