use ws_container::prelude::*;

#[server_endpoint("/chat")]
#[derive(Default)]
struct Chat;

#[handlers]
impl Chat {
    #[on_open]
    fn open(&mut self, _session: Session, _config: EndpointConfig) {}

    #[on_close]
    fn close(&mut self, _reason: CloseReason, _session: &mut Session) {}

    #[on_error]
    fn error(&mut self, _error: Error) {}
}

fn main() {}
