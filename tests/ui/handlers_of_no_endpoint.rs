use ws_container::prelude::*;

struct Chat;

#[handlers]
impl Chat {
    #[on_close]
    async fn close(&mut self, _session: &Session) {}
}

fn main() {
    let _ = Chat;
}
