use ws_core::{CloseReason, EndpointConfig, Error, Session, handlers, server_endpoint};

#[server_endpoint("/chat", crate = ws_core)]
#[derive(Default)]
struct Chat;

#[handlers(crate = ws_core)]
impl Chat {
    #[on_open]
    fn open(&mut self, _session: Session, _config: EndpointConfig) {}

    #[on_close]
    fn close(&mut self, _reason: CloseReason, _session: &mut Session) {}

    #[on_error]
    fn error(&mut self, _error: Error) {}
}

fn main() {}
