use ws_container::prelude::*;

pub struct Line;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_error]
    fn line(&mut self, _: &Line) {}
}

fn main() {}
