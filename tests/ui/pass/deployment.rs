#![deny(warnings)]
//! What a server endpoint says of how it is run.

use std::time::Duration;

use ws_container::prelude::*;
use ws_container::{
    HandshakeRequest, ServerConfigurator, ServerEndpoint, registrations,
};

pub mod policy {
    #[derive(Default)]
    pub struct Open<A, B>(A, B);

    impl<A, B> super::ServerConfigurator for Open<A, B>
    where
        A: Send + Sync + 'static,
        B: Send + Sync + 'static,
    {
    }
}

#[server_endpoint(
    "/a",
    configurator = policy::Open<u8, u16>,
    factory = A::for_request,
    max_sessions = 1_000,
    require_tls,
    idle_timeout = "2m",
    subprotocols = ["v2", "v1"],
)]
#[requires(roles = ["admin", "owner"])]
pub struct A(#[expect(dead_code, reason = "what the request said")] String);

impl A {
    fn for_request(request: &HandshakeRequest) -> Result<Self> {
        Ok(Self(request.path().to_owned()))
    }
}

#[handlers]
impl A {}

#[server_endpoint("/b", instance = "per_connection")]
#[requires(authenticated)]
#[derive(Default)]
pub struct B;

#[handlers]
impl B {}

/// A factory that cannot fail.
#[server_endpoint("/c", factory = make)]
pub struct C;

fn make(_: &HandshakeRequest) -> C {
    C
}

#[handlers]
impl C {}

fn main() {
    let [a, b, c] = registrations()[..] else { panic!("{:?}", registrations()) };
    assert_eq!((a.path, a.subprotocols), ("/a", &["v2", "v1"][..]));
    assert_eq!((a.max_sessions, a.require_tls), (Some(1_000), true));
    assert_eq!((a.authenticated, a.roles), (true, &["admin", "owner"][..]));
    assert_eq!(a.idle_timeout, Some(Duration::from_secs(120)));
    assert!(a.configurator.is_some() && b.configurator.is_none());
    assert_eq!((b.authenticated, b.roles), (true, &[][..]));
    assert_eq!((b.max_sessions, b.require_tls), (None, false));
    assert_eq!((c.path, c.authenticated), ("/c", false));
    assert_eq!(A::DESCRIPTOR.path, a.path);
}
