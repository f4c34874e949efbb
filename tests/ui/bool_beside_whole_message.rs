use ws_container::prelude::*;

pub struct Line;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    fn number(&mut self, number: i32, last: bool) {}

    #[on_message]
    fn json(&mut self, last: bool, Json(line): Json<String>) {}

    #[on_message]
    fn line(&mut self, line: Line, last: bool) {}

    #[on_message]
    fn pong(&mut self, pong: Pong, last: bool) {}
}

fn main() {}
