use ws_core::{Session, handlers};

struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    async fn open(&mut self, _session: &Session) {}

    #[on_message]
    fn line(&mut self, _line: &str) {}
}

fn main() {
    let _ = Chat;
}
