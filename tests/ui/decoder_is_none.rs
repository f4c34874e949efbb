use ws_container::prelude::*;

#[derive(Default)]
pub struct Line;

#[server_endpoint("/chat", decoders = [Line], encoders = [Line])]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {}

fn main() {}
