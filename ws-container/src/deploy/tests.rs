use std::time::Duration;

use ws_core::endpoint::HandlerSet;
use ws_core::{BoxError, HandshakeRequest, Launch, Launcher};

use super::*;

/// Launches nothing.
struct Nothing;

impl Launcher for Nothing {
    fn prepare(&self, _: &HandshakeRequest) -> Result<Launch, BoxError> {
        Ok(Box::new(|_| Box::pin(async {})))
    }
}

fn launcher() -> Arc<dyn Launcher> {
    Arc::new(Nothing)
}

const fn at(
    line: u32,
    path: &'static str,
    subprotocols: &'static [&'static str],
) -> EndpointDescriptor {
    EndpointDescriptor::new(path, "app::Type", HandlerSet::NONE, "app.rs", line, launcher)
        .subprotocols(subprotocols)
}

/// Deploys endpoints that live as long as the test program.
fn deploy(endpoints: &[EndpointDescriptor]) -> Result<Deployment, DeploymentError> {
    let all: Vec<&'static EndpointDescriptor> =
        endpoints.iter().map(|endpoint| &*Box::leak(Box::new(*endpoint))).collect();
    Deployment::new(&all, &Settings::default(), Hub::new())
}

#[test]
fn what_deploys() {
    for (name, endpoints) in [
        ("nothing", vec![]),
        ("the root", vec![at(1, "/", &[])]),
        ("a template beside an exact path", vec![at(1, "/a/{b}", &[]), at(2, "/a/b", &[])]),
        ("a trailing slash", vec![at(1, "/a", &[]), at(2, "/a/", &[])]),
        (
            "one path, different subprotocols",
            vec![at(1, "/", &["a", "b"]), at(2, "/", &["c"]), at(3, "/", &[])],
        ),
        ("same names of variables", vec![at(1, "/{a}", &["a"]), at(2, "/{a}", &[])]),
    ] {
        assert!(deploy(&endpoints).is_ok(), "{name}");
    }
}

#[test]
fn what_does_not_deploy() {
    for (name, endpoints, problem) in [
        ("no leading slash", vec![at(1, "a", &[])], "`a` (app::Type, app.rs:1): "),
        ("empty", vec![at(1, "", &[])], "`` (app::Type, app.rs:1): "),
        ("double slash", vec![at(1, "/a//b", &[])], "app.rs:1): "),
        ("variable twice", vec![at(1, "/{a}/{a}", &[])], "app.rs:1): "),
        (
            "same path",
            vec![at(1, "/a", &[]), at(2, "/a", &[])],
            "`/a` (app::Type, app.rs:1) and `/a` (app::Type, app.rs:2) have the same path",
        ),
        (
            "equivalent templates",
            vec![at(1, "/a/{b}", &[]), at(2, "/a/{c}", &[])],
            "`/a/{b}` (app::Type, app.rs:1) and `/a/{c}` (app::Type, app.rs:2) match the same",
        ),
        (
            "equivalent templates that subprotocols tell apart",
            vec![at(1, "/{b}", &["x"]), at(2, "/{c}", &[])],
            "`/{b}` (app::Type, app.rs:1) and `/{c}` (app::Type, app.rs:2) match the same",
        ),
        (
            "a subprotocol in common",
            vec![at(1, "/a", &["x", "y"]), at(2, "/a", &["y", "z"])],
            "app.rs:2) both speak subprotocol `y`",
        ),
        ("subprotocol is no token", vec![at(1, "/a", &["x y"])], "subprotocol `x y` is no token"),
    ] {
        let error = deploy(&endpoints).unwrap_err();
        assert!(error.to_string().contains(problem), "{name}: {error}");
        assert_eq!(error.problems().len(), 1, "{name}: {error}");
    }
}

#[test]
fn every_problem_is_reported_at_once() {
    let all = [at(1, "a", &[]), at(2, "/b", &[]), at(3, "/b", &[]), at(4, "/b", &[])];
    let error = deploy(&all).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 5, "{error}");
    for pair in
        ["app.rs:2) and `/b` (app::Type, app.rs:3)", "app.rs:2) and `/b` (app::Type, app.rs:4)"]
    {
        assert!(error.contains(pair), "{error}");
    }
}

#[test]
fn the_subprotocol_selects_the_endpoint() {
    let selected = |endpoints: &[EndpointDescriptor], subprotocol| {
        let deployment = deploy(endpoints).unwrap();
        let (mount, _) = deployment.find("/").unwrap().unwrap();
        mount.select(subprotocol).map(|mounted| mounted.descriptor.line)
    };
    let three = [at(1, "/", &["a", "b"]), at(2, "/", &["c"]), at(3, "/", &[])];
    for (subprotocol, line) in [(Some("a"), 1), (Some("b"), 1), (Some("c"), 2), (None, 3)] {
        assert_eq!(selected(&three, subprotocol), Some(line), "{subprotocol:?}");
    }
    assert_eq!(selected(&three[..2], None), None, "nobody to take what is not agreed on");
    assert_eq!(selected(&three[..1], None), Some(1), "the only one");
}

#[test]
fn what_an_endpoint_asks_for_goes_before_the_settings() {
    let mut endpoint = at(1, "/", &[]);
    let idle_timeout = Some(Duration::from_secs(1));
    let settings = Settings { max_binary_message: 7, idle_timeout, ..Settings::default() };
    let plain = config(&endpoint, &settings);
    assert_eq!(plain.limits.max_text_len, 1 << 20);
    assert_eq!(plain.limits.max_binary_len, 7);
    assert_eq!(plain.limits.max_frame_len, 1 << 20);
    assert_eq!(plain.idle_timeout, Some(Duration::from_secs(1)));

    endpoint.handlers.max_binary_len = Some(9);
    endpoint.handlers.max_frame_len = Some(11);
    endpoint.idle_timeout = Some(Duration::from_secs(5));
    let own = config(&endpoint, &settings);
    assert_eq!(own.limits.max_binary_len, 9);
    assert_eq!(own.limits.max_frame_len, 11);
    assert_eq!(own.idle_timeout, Some(Duration::from_secs(5)));
}
