use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_close]
    fn close(&mut self) {}

    #[on_closing]
    fn closing(&mut self) {}

    #[on_close]
    fn leave(&mut self) {}

    #[ws_container::on_closing]
    fn going(&mut self) {}
}

fn main() {}
