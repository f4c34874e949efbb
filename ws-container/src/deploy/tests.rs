use std::time::Duration;

use http::HeaderMap;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use ws_core::handshake::SubprotocolOrder;
use ws_core::{
    BoxError, CloseCode, EndpointDescriptor, HandshakeRequest, Launch, Launcher, Limits, StateInfo,
    States,
};

use super::*;
use crate::config::Settings;

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

fn deploy(endpoints: &[EndpointDescriptor]) -> Result<Deployment, DeploymentError> {
    let endpoints = endpoints.iter().map(ServerEndpointConfig::from).collect();
    Deployment::new(endpoints, Defaults::default(), Hub::new())
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
    let selected = |endpoints: &[EndpointDescriptor], offered: Option<&str>| {
        let deployment = deploy(endpoints).unwrap();
        let (mount, _) = deployment.find("/").unwrap().unwrap();
        let mut headers = HeaderMap::new();
        if let Some(offered) = offered {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, offered.parse().unwrap());
        }
        let selected = mount.select(&headers, SubprotocolOrder::Client);
        selected.speaks.then(|| selected.mounted.config.source().1)
    };
    let three = [at(1, "/", &["a", "b"]), at(2, "/", &["c"]), at(3, "/", &[])];
    for (offered, line) in
        [(Some("a"), 1), (Some("b"), 1), (Some("x, c, a"), 2), (Some("x"), 3), (None, 3)]
    {
        assert_eq!(selected(&three, offered), Some(line), "{offered:?}");
    }
    assert_eq!(selected(&three[..2], None), None, "nobody to take what is not agreed on");
    assert_eq!(selected(&three[..2], Some("a b")), None, "a malformed field offers nothing");
    assert_eq!(selected(&three[..1], None), Some(1), "the only one");
}

#[test]
fn what_an_endpoint_asks_for_goes_before_the_settings() {
    let mut endpoint = at(1, "/", &[]);
    let idle_timeout = Some(Duration::from_secs(1));
    let settings = {
        let limits = Limits { max_binary_len: 7, ..Limits::default() };
        Settings { limits, idle_timeout, ..Settings::default() }
    };
    let defaults = Defaults { settings, ..Defaults::default() };
    let plain = defaults.endpoint_config(&ServerEndpointConfig::from(&endpoint));
    assert_eq!(plain.limits.max_text_len, 1 << 20);
    assert_eq!(plain.limits.max_binary_len, 7);
    assert_eq!(plain.limits.max_frame_len, 1 << 20);
    assert_eq!(plain.idle_timeout, Some(Duration::from_secs(1)));

    endpoint.handlers.max_binary_len = Some(9);
    endpoint.handlers.max_frame_len = Some(11);
    endpoint.idle_timeout = Some(Duration::from_secs(5));
    let own = defaults.endpoint_config(&ServerEndpointConfig::from(&endpoint));
    assert_eq!(own.limits.max_binary_len, 9);
    assert_eq!(own.limits.max_frame_len, 11);
    assert_eq!(own.idle_timeout, Some(Duration::from_secs(5)));
}

#[test]
fn state_that_is_missing_is_reported_with_everything_else() {
    const STATES: &[StateInfo] = &[StateInfo::of::<u8>("u8"), StateInfo::of::<String>("String")];
    let mut counting = at(1, "/a", &[]);
    counting.handlers.states = STATES;
    let error = deploy(&[counting, at(2, "b", &[])]).unwrap_err().to_string();
    for mention in ["app.rs:1) takes `State<u8>`", "`State<String>`", "app.rs:2): "] {
        assert!(error.contains(mention), "{mention}: {error}");
    }
    let mut states = States::new();
    states.insert(Arc::new(7_u8));
    states.insert(Arc::new("seven".to_owned()));
    let endpoints = vec![ServerEndpointConfig::from(&counting)];
    Deployment::new(endpoints, Defaults::default(), Hub::with_states(states)).unwrap();
}

#[test]
fn a_bad_endpoint_at_run_time_leaves_the_others_as_they_are() {
    let deployment = deploy(&[at(1, "/a/{b}", &["x"])]).unwrap();
    let found =
        |path: &str| deployment.find(path).unwrap().map(|(mount, _)| mount.endpoints().len());
    for (bad, mention) in [
        (at(2, "a", &[]), "app.rs:2): "),
        (at(3, "/a/{c}", &[]), "app.rs:1) and `/a/{c}` (app::Type, app.rs:3) match the same"),
        (at(4, "/a/{b}", &["x"]), "both speak subprotocol `x`"),
    ] {
        let error = deployment.deploy((&bad).into()).unwrap_err().to_string();
        assert!(error.contains(mention), "{error}");
        assert_eq!(found("/a/1"), Some(1));
    }
    deployment.deploy((&at(5, "/c", &[])).into()).unwrap();
    deployment.deploy((&at(6, "/a/{b}", &[])).into()).unwrap();
    assert_eq!((found("/c"), found("/a/1")), (Some(1), Some(2)));

    let reason = CloseReason::new(CloseCode::GOING_AWAY, "").unwrap();
    assert_eq!(deployment.undeploy("/nowhere", &reason), 0);
    assert_eq!(deployment.undeploy("/a/{b}", &reason), 2);
    assert_eq!((found("/c"), found("/a/1")), (Some(1), None));
    deployment.deploy((&at(7, "/a/{other}", &[])).into()).unwrap();
    assert_eq!(found("/a/1"), Some(1));
}

#[test]
fn a_root_comes_before_every_path() {
    let endpoints =
        vec![ServerEndpointConfig::from(&at(1, "/a/{b}", &[])), (&at(2, "/", &[])).into()];
    let defaults = Defaults { root: "/app".to_owned(), ..Defaults::default() };
    let deployment = Deployment::new(endpoints, defaults, Hub::new()).unwrap();
    for (path, line) in [
        ("/app/a/x", Some(1)),
        ("/x/../app/a/x", Some(1)),
        ("/app/", Some(2)),
        ("/a/x", None),
        ("/app", None),
    ] {
        let found = deployment.find(path).unwrap();
        let found = found.map(|(mount, _)| mount.endpoints()[0].config.source().1);
        assert_eq!(found, line, "{path}");
    }
}

#[test]
fn seats_are_counted_and_given_back() {
    let deployment = deploy(&[at(1, "/", &[]).max_sessions(2)]).unwrap();
    let (mount, _) = deployment.find("/").unwrap().unwrap();
    let mounted = &mount.endpoints()[0];
    let (first, second) = (mounted.seat().unwrap(), mounted.seat().unwrap());
    assert!(mounted.seat().is_none());
    drop(first);
    let third = mounted.seat().unwrap();
    assert!(mounted.seat().is_none());
    drop((second, third));
}
