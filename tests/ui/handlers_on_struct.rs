use ws_container::prelude::*;

#[handlers]
#[derive(Default)]
pub struct Chat;

#[handlers]
pub fn open() {}

fn main() {}
