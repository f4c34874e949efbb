//! Attribute macros that declare WebSocket endpoints.
//!
//! | attribute | on | what it does | Jakarta |
//! |---|---|---|---|
//! | [`macro@server_endpoint`] | a struct | declares a server endpoint and registers it | `@ServerEndpoint` |
//! | [`macro@client_endpoint`] | a struct | declares a client endpoint | `@ClientEndpoint` |
//! | [`macro@handlers`] | its `impl` block | collects the handlers | |
//! | [`macro@on_open`] | a method of that block | handles a session's opening | `@OnOpen` |
//! | [`macro@on_message`] | such methods | handles text, binary messages, Pongs | `@OnMessage` |
//! | [`macro@on_frame`] | such a method | handles single data frames | |
//! | [`macro@on_closing`] | such a method | handles the peer's Close before it is answered | |
//! | [`macro@on_close`] | such a method | handles a session's end | `@OnClose` |
//! | [`macro@on_error`] | such methods | handles failures, by their type | `@OnError` |
//! | [`macro@requires`] | the struct, methods for messages | says who may connect, and who may send | `@RolesAllowed` |
//! | `#[path_param]` | parameters of handlers | names a path variable; `#[handlers]` reads it | `@PathParam` |
//!
//! Applications use them through `ws-container`, libraries through `ws-core`; the documentation of
//! each attribute is here. What Java reports when it deploys is reported when this compiles: all
//! that is wrong, at once, each at the words that are wrong.
//!
//! Every attribute is a pipeline, parse → check → expand: the first two report, and the user's own
//! item is emitted whatever is wrong with it.

mod check;
mod errors;
mod expand;
mod model;
mod parse;
mod pipeline;
mod type_text;

use proc_macro::TokenStream;

/// Declares a struct as a server endpoint and registers it: the container finds it at start-up and
/// mounts it at its path (Jakarta `@ServerEndpoint`, §4.1).
///
/// ```text
/// #[server_endpoint("/chat/{room}", subprotocols = ["chat.v1"], decoders = [LineDecoder])]
/// #[derive(Default)]
/// struct Chat { room: String }
/// ```
///
/// The path comes first: absolute, with variables as whole segments (§4.1.1). The other arguments:
///
/// | argument | meaning | Jakarta |
/// |---|---|---|
/// | `subprotocols = ["a", "b"]` | subprotocols it speaks (RFC 6455 §1.9) | §4.1.4 |
/// | `decoders = [A, B]` | types that make messages of other types, one for each type; those of a `pub` endpoint are `pub` too | §4.1.3 |
/// | `encoders = [A, B]` | types that make replies of other types, one for each type; likewise | §4.1.2 |
/// | `configurator = Policy` | a `ServerConfigurator` with `Default`: it judges origins, chooses subprotocols and extensions, and sees each handshake; one for the endpoint | §4.1.5 |
/// | `factory = Chat::new` | makes each connection's instance: `fn(&HandshakeRequest) -> Chat`, or a `Result` with it, whose error is answered with 500 | §3.1.7 |
/// | `instance = "shared"` | one instance for all connections; `"per_connection"` is the default | §3.1.7 |
/// | `idle_timeout = "30s"` | closes a session on which no data frame passed for so long; units are `ms`, `s`, `m` and `h` | `setMaxIdleTimeout` |
/// | `max_sessions = 100` | most sessions at a time: who comes then is closed with 1013 | |
/// | `require_tls` | plain connections are refused with 403 | §8.3 |
/// | `crate = path` | the crate that the expansion names, for libraries that depend on `ws_core` only | |
///
/// Who may connect is said by [`macro@requires`], below this attribute. The handlers are in an
/// `impl` block under [`macro@handlers`].
///
/// # Instances
///
/// Each connection has an instance of its own, made with `Default` or by the factory: its handlers
/// take `&mut self`, and its fields are the connection's memory. A factory is for endpoints that
/// want something of the request, or of their surroundings:
///
/// ```text
/// #[server_endpoint("/chat", factory = Chat::for_guest)]
/// struct Chat { guest: String }
///
/// impl Chat {
///     fn for_guest(request: &HandshakeRequest) -> Result<Self, NoGuest> { .. }
/// }
/// ```
///
/// With `instance = "shared"` one instance, made with `Default` when it is deployed, serves all
/// connections at the same time: it is `Sync`, its handlers take `&self`, and what changes is in a
/// lock, an atomic or the session's user data.
///
/// # Generic endpoints
///
/// The struct may have types and consts as parameters; it borrows nothing, so that it has no
/// lifetimes. Which types they stand for only the program knows: a generic endpoint does not
/// register itself, and is deployed by hand with `ServerEndpointConfig::of::<Chat<MyDb>>()`. Its
/// path variables are checked where it is first used with concrete types.
///
/// ```text
/// #[server_endpoint("/chat/{room}")]
/// #[derive(Default)]
/// struct Chat<Db: Store> { db: Db }
///
/// #[handlers]
/// impl<Db: Store> Chat<Db> { .. }
/// ```
///
/// `ServerEndpoint::DESCRIPTOR` is what was declared, as a constant.
#[doc(alias = "ServerEndpoint")]
#[doc(alias = "@ServerEndpoint")]
#[proc_macro_attribute]
pub fn server_endpoint(attr: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::server_endpoint(attr.into(), &item.into()).into()
}

/// Declares a struct as a client endpoint, to be given to a client container that connects it
/// (Jakarta `@ClientEndpoint`, §4.2).
///
/// ```text
/// #[client_endpoint(subprotocols = ["chat.v1"])]
/// struct Feed { lines: usize }
/// ```
///
/// It has no path; `subprotocols`, `decoders`, `encoders` and `crate` are as for
/// [`macro@server_endpoint`], and so are type parameters. The handlers are in an `impl` block under
/// [`macro@handlers`].
#[doc(alias = "ClientEndpoint")]
#[doc(alias = "@ClientEndpoint")]
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
/// [`macro@on_closing`], [`macro@on_close`] and [`macro@on_error`]: `async fn` or `fn`, with
/// `&mut self` or `&self`. Those of one session are called one at a time. Where all take `&self`,
/// the endpoint may be shared by its connections, see [`macro@server_endpoint`].
///
/// # Parameters
///
/// They come in any order, and any may be left out:
///
/// | parameter | what it is | Jakarta |
/// |---|---|---|
/// | `&Session` | the session | `Session` |
/// | `&EndpointConfig` | its configuration | `EndpointConfig` |
/// | `#[path_param] room: T` | the path variable `{room}`, as `&str` or any `FromStr` type | `@PathParam` |
/// | `#[path_param("guest-id")] id: T` | the path variable `{guest-id}` | |
/// | `#[path_param] room: Option<T>` | the same, `None` when the path has no such variable | `null` |
/// | `State<T>`, `&State<T>` | the application's value of type `T`, given to the container; without it the container does not start | `@Inject` |
/// | `&Principal` | who the peer is; of an anonymous one `Error::Forbidden` reaches `#[on_error]`, and the handler is not called | `getUserPrincipal` |
/// | `Option<&Principal>` | the same, `None` of an anonymous one | |
/// | `&HandshakeRequest` | the request of the opening handshake; `#[on_open]` alone | `HandshakeRequest` |
///
/// and what the handler's own attribute adds. Types are known by the last segment of their path. A
/// path variable that does not parse reaches `#[on_error]`.
///
/// # Replies
///
/// What a handler returns is its reply:
///
/// | return value | what is sent |
/// |---|---|
/// | `()` | nothing |
/// | `&str`, `String`, `Utf8Bytes`, `Parsed<T>`, numbers, `bool`, `char` | a text message |
/// | `&[u8]`, `Vec<u8>`, `[u8; N]`, `Bytes` | a binary message |
/// | `Json<T>`, `MsgPack<T>` | `T` as JSON text, as MessagePack |
/// | `Message`, `Frame` | as it says |
/// | a type of an encoder in `encoders = [..]` | what the encoder makes of it |
/// | `Option<R>` | `R`, or nothing |
/// | `Result<R, X>` | `R`; an `Err` reaches `#[on_error]` |
/// | `Replies(stream)` | each item of the stream, one after the other |
///
/// # Generic endpoints
///
/// The block may have types and consts as parameters, as the struct has. A handler has none of its
/// own, save lifetimes.
///
/// `#[handlers(crate = path)]` is as for [`macro@server_endpoint`].
#[proc_macro_attribute]
#[doc(alias = "PathParam")]
#[doc(alias = "@PathParam")]
pub fn handlers(attr: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::handlers(attr.into(), &item.into()).into()
}

/// Marks the handler of a session's opening, in an `impl` block under [`macro@handlers`] (Jakarta
/// `@OnOpen`, §4.4). It comes before all others; it may take the `&HandshakeRequest`. When it
/// returns an `Err`, that reaches `#[on_error]` and the session is closed with 1011.
#[doc(alias = "OnOpen")]
#[doc(alias = "@OnOpen")]
#[proc_macro_attribute]
pub fn on_open(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_open", &item.into()).into()
}

/// Marks the handler of messages, in an `impl` block under [`macro@handlers`] (Jakarta
/// `@OnMessage`, §4.7).
///
/// One parameter is the message, and its type tells which messages the handler takes and how:
///
/// | messages | whole | in parts | as a stream |
/// |---|---|---|---|
/// | text | `&str`, `String`, `Utf8Bytes`, numbers, `bool`, `char`, `Json<T>`, `Parsed<T>`, what a `TextDecoder` makes | `&str`, `String` or `Utf8Bytes` and a `bool`; `TextPart<'_>` | `MessageReader`, what a `TextStreamDecoder` makes |
/// | binary | `&[u8]`, `Vec<u8>`, `Bytes`, `MsgPack<T>`, what a `BinaryDecoder` makes | `&[u8]`, `Vec<u8>` or `Bytes` and a `bool`; `BinaryPart<'_>` | `MessageReader`, what a `BinaryStreamDecoder` makes |
/// | Pongs | `Pong` | | |
///
/// An endpoint has at most one handler for text, one for binary messages and one for Pongs. Messages
/// without a handler are checked and dropped.
///
/// # Whole messages
///
/// `#[on_message(max_size = "64 KiB")]` bounds them: a longer one closes the session with 1009.
/// Units are `B`, `KiB`, `MiB` and `GiB`; a plain integer is a number of bytes (§4.7.1).
///
/// # Parts
///
/// ```text
/// #[on_message]
/// async fn part(&mut self, bytes: &[u8], last: bool) -> Result<()> { .. }
/// ```
///
/// A `bool` beside text or bytes asks for parts, as they come from the network, and is `true` for
/// the last one of a message; before or behind, whatever its name. Parts never split a code point.
/// A `bool` alone is a message, `true` or `false`.
///
/// # Streams
///
/// ```text
/// #[on_message(kind = "binary")]
/// async fn upload(&mut self, mut file: MessageReader) -> Result<u64> { .. }
/// ```
///
/// A `MessageReader` reads a message that may be larger than memory, while it comes. `kind` is
/// `"text"` or `"binary"`; without it the handler takes both, and is the only one for messages.
///
/// Parts and streams have no `max_size`: nothing holds the whole.
///
/// # Who may send
///
/// [`#[requires(role = "admin")]`](macro@requires) beside this attribute.
#[doc(alias = "OnMessage")]
#[doc(alias = "@OnMessage")]
#[doc(alias = "maxMessageSize")]
#[proc_macro_attribute]
pub fn on_message(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_message", &item.into()).into()
}

/// Marks the handler of single data frames, in an `impl` block under [`macro@handlers`]; it takes a
/// `Frame<'_>` or `&Frame<'_>`. For endpoints that care how messages are fragmented (RFC 6455 §5.4).
///
/// It is called beside the handlers of messages, which take them whole or in parts: the frames of a
/// stream are not shown.
///
/// `#[on_frame(max_size = "64 KiB")]` bounds the frame's payload.
#[proc_macro_attribute]
pub fn on_frame(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_frame", &item.into()).into()
}

/// Marks the handler of the peer's Close before it is answered, in an `impl` block under
/// [`macro@handlers`]; it may take a `&CloseReason`. Sending is still allowed, and what it returns
/// is sent: it is the place for a last word (RFC 6455 §5.5.1 lets an endpoint finish first).
///
/// It is not called when this side closes, nor when the connection breaks; [`macro@on_close`] is
/// called always, and afterwards.
#[proc_macro_attribute]
pub fn on_closing(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_closing", &item.into()).into()
}

/// Marks the handler of a session's end, in an `impl` block under [`macro@handlers`] (Jakarta
/// `@OnClose`, §4.5); it may take a `&CloseReason`. It is called once, last, whatever ended the
/// session. It returns `()` or a `Result<()>`.
#[doc(alias = "OnClose")]
#[doc(alias = "@OnClose")]
#[proc_macro_attribute]
pub fn on_close(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_close", &item.into()).into()
}

/// Marks a handler of errors, in an `impl` block under [`macro@handlers`] (Jakarta `@OnError`,
/// §4.6). It returns `()` or a `Result<()>`.
///
/// ```text
/// #[on_error]
/// async fn garbled(&mut self, session: &Session, error: &DecodeError) { .. }
///
/// #[on_error]
/// fn out_of_stock(&mut self, error: &OutOfStock) { .. }
///
/// #[on_error]
/// fn other(&mut self, error: &Error) { .. }
/// ```
///
/// An endpoint may have several: one that takes `&Error`, for all errors, and one for each type of
/// error that deserves its own. A `&T` gets what `Error::find` finds: what a handler or a codec
/// returned, or a cause of that. Where several could take an error, the one whose type lies nearest
/// to its surface does (`Error::depth_of`), and `&Error` comes last.
///
/// An error that no handler takes is logged, and closes the session if it came of a handler.
/// `&Error` is ours by its name alone or behind our crate's name; an `io::Error` is another type.
#[doc(alias = "OnError")]
#[doc(alias = "@OnError")]
#[proc_macro_attribute]
pub fn on_error(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_helper("on_error", &item.into()).into()
}

/// Says who may connect, on the struct below [`macro@server_endpoint`], or who may send, on an
/// [`macro@on_message`] method (Jakarta §8).
///
/// ```text
/// #[server_endpoint("/board")]
/// #[requires(authenticated)]
/// #[derive(Default)]
/// struct Board;
///
/// #[handlers]
/// impl Board {
///     #[on_message]
///     #[requires(roles = ["author", "admin"])]
///     fn write(&mut self, text: &str) { .. }
/// }
/// ```
///
/// | argument | who |
/// |---|---|
/// | `role = "admin"` | peers with that role |
/// | `roles = ["author", "admin"]` | peers with at least one of these roles |
/// | `authenticated` | peers with an identity |
///
/// Identities come of the container's authenticator. On the struct, the handshake is refused: with
/// 401 for who is not authenticated, with 403 for who lacks the role. On a method, the message of
/// such a peer is not delivered: `Error::Forbidden` reaches `#[on_error]`, and without one closes
/// the session with 1008.
#[doc(alias = "RolesAllowed")]
#[doc(alias = "isUserInRole")]
#[proc_macro_attribute]
pub fn requires(_: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::stray_requires(&item.into()).into()
}
