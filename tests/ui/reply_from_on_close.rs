use ws_core::{handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
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
