use std::rc::Rc;

use ws_core::{Session, handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_message]
    async fn line(&mut self, session: &Session, line: &str) {
        let shared = Rc::new(line.to_owned());
        let _ = session.send(&**shared).await;
        drop(shared);
    }
}

fn main() {}
