use ws_core::handlers;

#[handlers(crate = ws_core)]
#[derive(Default)]
pub struct Chat;

#[handlers(crate = ws_core)]
pub fn open() {}

fn main() {}
