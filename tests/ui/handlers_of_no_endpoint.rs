use ws_core::{Session, handlers};

struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_close]
    async fn close(&mut self, _session: &Session) {}
}

fn main() {
    let _ = Chat;
}
