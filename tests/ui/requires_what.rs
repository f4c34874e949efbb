use ws_container::prelude::*;

#[server_endpoint("/nothing")]
#[requires]
#[derive(Default)]
pub struct Nothing;

#[handlers]
impl Nothing {
    #[on_message]
    #[requires(role = "admin", authenticated)]
    fn text(&mut self, _: &str) {}

    #[on_message]
    #[requires(roles = ["a", "", "a"])]
    fn binary(&mut self, _: &[u8]) {}

    #[on_message]
    #[requires(roles = [])]
    fn pong(&mut self, _: Pong) {}
}

#[server_endpoint("/twice")]
#[requires(authenticated)]
#[requires(role = "admin")]
#[derive(Default)]
pub struct Twice;

#[handlers]
impl Twice {
    #[on_message]
    #[requires(rol = "admin", authenticated = true)]
    fn text(&mut self, _: &str) {}

    #[on_message]
    #[requires(role = admin)]
    fn binary(&mut self, _: &[u8]) {}
}

fn main() {}
