use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_error]
    fn any(&mut self, _: Error) {}

    #[on_error]
    fn decode(&mut self, _: DecodeError) {}

    #[on_error]
    fn boxed(&mut self, _: &dyn std::error::Error) {}

    #[on_error]
    fn text(&mut self, _: &str) {}

    #[on_error]
    fn exclusive(&mut self, _: &mut DecodeError) {}
}

fn main() {}
