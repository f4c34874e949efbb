use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_error]
    fn any(&mut self, _: &Error) {}

    #[on_error]
    fn other(&mut self) {}

    #[on_error]
    fn decode(&mut self, _: &DecodeError) {}

    #[on_error]
    fn garbled(&mut self, _session: &Session, _: &DecodeError) {}
}

fn main() {}
