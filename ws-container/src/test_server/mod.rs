//! `test-server`: endpoints to test clients against, as Jetty's `TestServer` has them.
//!
//! | path | subprotocol | endpoint |
//! |---|---|---|
//! | `/echo` | any | [`echo`]: messages come back |
//! | `/broadcast` | any | [`broadcast`]: messages go to all sessions |
//! | `/` | `echo` and others | [`frames`]: frames come back as they are |
//! | `/` | `echo-assemble` | [`assemble`]: messages come back, each in one frame |
//! | `/` | `echo-fragment` | [`fragment`]: messages come back, each in two frames |
//! | `/` | `echo-broadcast` | [`broadcast`]: messages go to all sessions |
//! | `/` | `echo-broadcast-ping` | [`broadcast`]: likewise, and pings |
//! | `/` | none | [`listener`]: logs and never answers |
//!
//! They register themselves like any endpoint; `serve` leaves this module's out.

mod assemble;
mod broadcast;
mod echo;
mod fragment;
mod frames;
mod listener;

use ws_container::Page;
use ws_container::cli::Extra;

/// The page of a test server without a docroot.
const CHAT: Page = Page::html(
    "/",
    concat!(
        "<!doctype html>\n",
        "<html lang=\"en\" data-endpoint=\"./\" ",
        "data-subprotocol=\"org.ietf.websocket.test-echo-broadcast\">\n",
        include_str!("../pages/chat.html"),
    ),
);

/// The subcommand.
pub(crate) fn command() -> Extra {
    Extra::Server {
        name: "test-server",
        about: "Serve endpoints to test clients against, and static files or a chat page",
        module: module_path!(),
        pages: vec![CHAT],
    }
}
