//! From tokens to syntax, without judging what it means.

mod args;
mod item;
mod units;

pub(crate) use args::{DeclarationArgs, HandlerArgs, HandlersArgs, PathParamArgs, RequiresArgs};
pub(crate) use item::{
    Callback, Marked, endpoint, handlers, is_path_param, is_requires, is_server_endpoint, marked,
    without_helper_attributes, without_requires,
};
pub(crate) use units::{Quantity, milliseconds, size};
