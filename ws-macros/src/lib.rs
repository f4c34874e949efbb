//! Attribute macros that declare WebSocket endpoints.
//!
//! | attribute | on | what it does |
//! |---|---|---|
//! | [`macro@server_endpoint`] | a struct | declares a server endpoint and registers it |
//! | [`macro@client_endpoint`] | a struct | declares a client endpoint |
//! | [`macro@handlers`] | its `impl` block | collects the handlers |
//! | [`macro@on_open`], [`macro@on_message`], [`macro@on_frame`], [`macro@on_close`], [`macro@on_error`] | methods of that block | say which event a method handles |
//! | `#[path_param]` | parameters of these methods | names a path variable; `#[handlers]` reads it |
//!
//! Applications use them through `ws-container`, libraries through `ws-core`; the documentation of
//! each attribute is here. Every attribute is a pipeline, parse → check → expand: `check` reports
//! all that is wrong at once, and the user's own item is emitted whatever is wrong with it.

mod check;
mod errors;
mod expand;
mod model;
mod parse;
mod pipeline;

use proc_macro::TokenStream;

/// Declares a struct as a server endpoint and registers it: the container finds it at start-up and
/// mounts it at its path (Jakarta `@ServerEndpoint`).
///
/// ```text
/// #[server_endpoint("/chat/{room}", subprotocols = ["chat.v1"], decoders = [LineDecoder])]
/// #[derive(Default)]
/// struct Chat { room: String }
/// ```
///
/// The path comes first: absolute, with variables as whole segments. The other arguments:
///
/// | argument | meaning |
/// |---|---|
/// | `subprotocols = ["a", "b"]` | subprotocols it speaks (RFC 6455 §1.9) |
/// | `decoders = [A, B]` | types that make messages of other types, one for each type |
/// | `encoders = [A, B]` | types that make replies of other types, one for each type |
/// | `idle_timeout = "30s"` | closes a session on which no data frame passed for so long; units are `ms`, `s`, `m` and `h` |
/// | `crate = path` | the crate that the expansion names, for libraries that depend on `ws_core` only |
///
/// Each connection has an instance of its own, made with `Default`. The handlers are in an `impl`
/// block under [`macro@handlers`].
#[proc_macro_attribute]
pub fn server_endpoint(attr: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::server_endpoint(attr.into(), &item.into()).into()
}

/// Declares a struct as a client endpoint, to be given to a client container that connects it
/// (Jakarta `@ClientEndpoint`).
///
/// ```text
/// #[client_endpoint(subprotocols = ["chat.v1"])]
/// struct Feed { lines: usize }
/// ```
///
/// It has no path; `subprotocols`, `decoders`, `encoders` and `crate` are as for
/// [`macro@server_endpoint`]. The handlers are in an `impl` block under [`macro@handlers`].
#[proc_macro_attribute]
pub fn client_endpoint(attr: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::client_endpoint(attr.into(), &item.into()).into()
}

/// Collects the handlers of an endpoint from its `impl` block.
///
/// ```text
/// #[handlers]
/// impl Chat {
///     #[on_open]
///     async fn open(&mut self, session: &Session, #[path_param] room: String) -> Result<()> { .. }
///
///     #[on_message(max_size = "64 KiB")]
///     fn line(&mut self, text: &str) -> Option<String> { .. }
///
///     #[on_close]
///     fn close(&mut self, reason: &CloseReason) { .. }
/// }
/// ```
///
/// Handlers are the methods under [`macro@on_open`], [`macro@on_message`], [`macro@on_frame`],
/// [`macro@on_close`] and [`macro@on_error`]: `async fn` or `fn`, with `&mut self` or `&self`. Their
/// parameters come in any order, and any may be left out:
///
/// | parameter | what it is |
/// |---|---|
/// | `&Session` | the session |
/// | `&EndpointConfig` | its configuration |
/// | `#[path_param] room: T` | the path variable `{room}`, as `&str` or any `FromStr` type |
/// | `#[path_param("guest-id")] id: T` | the path variable `{guest-id}` |
///
/// and what the handler's own attribute adds. Types are known by the last segment of their path. A
/// path variable that does not parse reaches `#[on_error]`.
///
/// What a handler returns is its reply: `()` and `None` send nothing; `&str`, `String`, `&[u8]`,
/// `Vec<u8>`, `Bytes`, numbers, `Json` and what the endpoint's encoders take are sent; an `Err`
/// reaches `#[on_error]`.
///
/// `#[handlers(crate = path)]` is as for [`macro@server_endpoint`].
#[proc_macro_attribute]
pub fn handlers(attr: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::handlers(attr.into(), &item.into()).into()
}

/// Marks the handler of a session's opening, in an `impl` block under [`macro@handlers`] (Jakarta
/// `@OnOpen`). When it returns an `Err`, the session is closed with 1011.
#[proc_macro_attribute]
pub fn on_open(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_open", &item.into()).into()
}

/// Marks the handler of messages, in an `impl` block under [`macro@handlers`] (Jakarta
/// `@OnMessage`).
///
/// One parameter is the message. An endpoint has at most one handler for each of:
///
/// * text: `&str`, `String`, `Utf8Bytes`, `Json<T>`, numbers, `bool`, `char`, or what a
///   `TextDecoder` makes;
/// * bytes: `&[u8]`, `Vec<u8>`, `Bytes`, or what a `BinaryDecoder` makes;
/// * `Pong`.
///
/// `#[on_message(max_size = "64 KiB")]` bounds the message: a longer one closes the session with
/// 1009. Units are `B`, `KiB`, `MiB` and `GiB`; a plain integer is a number of bytes.
#[proc_macro_attribute]
pub fn on_message(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_message", &item.into()).into()
}

/// Marks the handler of single data frames, in an `impl` block under [`macro@handlers`]; it takes a
/// `Frame<'_>` or `&Frame<'_>`. For endpoints that care how messages are fragmented (RFC 6455 §5.4).
///
/// `#[on_frame(max_size = "64 KiB")]` bounds the frame's payload.
#[proc_macro_attribute]
pub fn on_frame(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_frame", &item.into()).into()
}

/// Marks the handler of a session's end, in an `impl` block under [`macro@handlers`] (Jakarta
/// `@OnClose`); it may take a `&CloseReason`. It returns `()` or a `Result<()>`.
#[proc_macro_attribute]
pub fn on_close(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_close", &item.into()).into()
}

/// Marks the handler of errors, in an `impl` block under [`macro@handlers`] (Jakarta `@OnError`);
/// it may take an `&Error`. It returns `()` or a `Result<()>`.
#[proc_macro_attribute]
pub fn on_error(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_error", &item.into()).into()
}
