use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
pub struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    #[requires(role = "admin")]
    fn open(&mut self) {}

    #[requires(authenticated)]
    #[on_close]
    fn close(&mut self) {}

    #[requires(authenticated)]
    pub fn helper(&self) {}
}

fn main() {}
