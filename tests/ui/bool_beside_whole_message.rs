use ws_container::prelude::*;

pub struct Line;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    fn number(&mut self, _number: i32, _last: bool) {}

    #[on_message]
    fn json(&mut self, _last: bool, _: Json<Vec<String>>) {}

    #[on_message]
    fn line(&mut self, _line: Line, _last: bool) {}

    #[on_message]
    fn pong(&mut self, _pong: Pong, _last: bool) {}
}

fn main() {}
