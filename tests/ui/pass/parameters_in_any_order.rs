#![deny(warnings)]
#![forbid(unsafe_code)]

use ws_core::{CloseReason, EndpointConfig, Error, Session, handlers, server_endpoint};

#[server_endpoint("/chat/{room}/{guest-id}/{seat}", crate = ws_core)]
#[derive(Default)]
struct Chat {
    room: String,
    seats: Vec<u8>,
}

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    async fn open(
        &mut self,
        #[path_param] seat: u8,
        session: &Session,
        #[path_param] room: &str,
        config: &EndpointConfig,
        #[path_param("guest-id")] id: std::net::IpAddr,
    ) -> Result<(), Error> {
        self.room = format!("{room} {id} {}", config.path);
        self.seats.push(seat);
        session.subscribe(room)
    }

    #[on_message]
    async fn text(&mut self, #[path_param] mut room: String, text: &str, session: &Session) {
        room.push_str(text);
        let _ = session.send(room).await;
    }

    #[on_message]
    fn binary(&self, bytes: &[u8], config: &EndpointConfig) -> usize {
        bytes.len() + config.path.len() + self.seats.len() + self.room.len()
    }

    #[on_close]
    fn close(&mut self, #[path_param] room: String, reason: &CloseReason, session: &Session) {
        let _ = (room, reason, session);
    }

    #[on_error]
    fn error(&mut self, error: &Error, #[path_param] seat: u8) {
        let _ = (error, seat);
    }
}

fn main() {}
