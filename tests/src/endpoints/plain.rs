//! Endpoints that answer and report nothing.

use ws_container::prelude::*;

/// Returns messages up to 64 MiB as they came.
#[server_endpoint("/echo")]
#[derive(Debug, Default)]
pub struct Echo;

#[handlers]
impl Echo {
    #[on_message(max_size = "64 MiB")]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message(max_size = "64 MiB")]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

/// Returns messages up to a small limit.
#[server_endpoint("/small")]
#[derive(Debug, Default)]
pub struct Small;

#[handlers]
impl Small {
    #[on_message(max_size = 1000)]
    fn text<'m>(&mut self, text: &'m str) -> &'m str {
        text
    }

    #[on_message(max_size = "1 KiB")]
    fn binary<'m>(&mut self, payload: &'m [u8]) -> &'m [u8] {
        payload
    }
}

/// Counts the bytes of binary messages and has no handler for text.
#[server_endpoint("/binary-only")]
#[derive(Debug, Default)]
pub struct BinaryOnly;

#[handlers]
impl BinaryOnly {
    #[on_message]
    fn binary(&mut self, payload: &[u8]) -> usize {
        payload.len()
    }
}

/// Sends its path variables.
#[server_endpoint("/path/{first}/{second}")]
#[derive(Debug, Default)]
pub struct Variables;

#[handlers]
impl Variables {
    #[on_open]
    async fn open(
        &mut self,
        session: &Session,
        #[path_param] first: String,
        #[path_param] second: &str,
    ) -> Result<()> {
        session.send(format!("{first},{second}")).await
    }
}

/// Its path is exact where that of [`Variables`] has a variable.
#[server_endpoint("/path/exact/{second}")]
#[derive(Debug, Default)]
pub struct Exact;

#[handlers]
impl Exact {
    #[on_open]
    async fn open(&mut self, session: &Session, #[path_param] second: &str) -> Result<()> {
        session.send(format!("exact {second}")).await
    }
}

/// Sends the template of its path.
#[server_endpoint("/where")]
#[derive(Debug, Default)]
pub struct Where;

#[handlers]
impl Where {
    #[on_open]
    async fn open(&mut self, session: &Session) -> Result<()> {
        session.send(session.config().path.as_str()).await
    }
}
