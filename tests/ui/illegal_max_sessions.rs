use ws_container::prelude::*;

#[server_endpoint("/none", max_sessions = 0)]
#[derive(Default)]
pub struct None;

#[handlers]
impl None {}

#[server_endpoint("/text", max_sessions = "100")]
#[derive(Default)]
pub struct Text;

#[handlers]
impl Text {}

#[server_endpoint("/typed", max_sessions = 100u8, require_tls = true)]
#[derive(Default)]
pub struct Typed;

#[handlers]
impl Typed {}

fn main() {}
