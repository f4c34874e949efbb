use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_close]
    fn close(&mut self) -> String {
        String::new()
    }

    #[on_error]
    fn error(&mut self) -> u8 {
        0
    }
}

fn main() {}
