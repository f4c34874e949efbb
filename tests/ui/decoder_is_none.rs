use ws_core::{handlers, server_endpoint};

#[derive(Default)]
pub struct Line;

#[server_endpoint("/chat", decoders = [Line], encoders = [Line], crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {}

fn main() {}
