use ws_container::prelude::*;

type Garbled = DecodeError;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_error]
    fn decode(&mut self, _: &DecodeError) {}

    #[on_error]
    fn garbled(&mut self, _: &Garbled) {}
}

fn main() {}
