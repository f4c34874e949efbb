//! From tokens to syntax, without judging what it means.

mod args;
mod item;
mod units;

pub(crate) use args::{DeclarationArgs, HandlerArgs, HandlersArgs, PathParamArgs};
pub(crate) use item::{
    Callback, Marked, endpoint, handlers, is_path_param, marked, without_helper_attributes,
};
pub(crate) use units::{Quantity, milliseconds, size};
