use std::rc::Rc;

use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_message]
    async fn line(&mut self, session: &Session, line: &str) {
        let shared = Rc::new(line.to_owned());
        let _ = session.send(&**shared).await;
        drop(shared);
    }
}

fn main() {}
