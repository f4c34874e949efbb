//! Paths, and sets of endpoints: what goes together, what is said of the rest, what is found.

use std::process::Command;

use tests::http::{self, request};
use tests::server::moved;
use tests::ui::assert_explained;
use tests::{RawClient, TestServer};
use ws_container::{BuildError, Container, DeploymentError, ServerEndpointConfig, registrations};

use crate::Proof;

pub(crate) const PROOFS: &[Proof] = &[
    ("3.1.1-1", paths_are_matched),
    ("3.1.1-2", two_endpoints_of_one_path),
    ("3.1.1-3", the_best_match_is_taken),
    ("3.1.1-4", without_a_match_there_is_no_connection),
    ("4.1.1-2", paths_are_relative_to_the_root),
    ("4.1.1-3", malformed_paths),
    ("4.1.1-4", a_path_that_is_taken),
    ("5.2.1-1", what_is_wrong_is_said),
    ("5.2.1-2", all_that_is_wrong_is_said),
    ("5.2.1-3", a_wrong_set_is_not_deployed_at_all),
    ("5.2.1-4", it_is_an_error_for_who_deploys),
    ("5.2.1-5", the_error_says_which_endpoint_it_is),
    ("6.2-1", endpoints_are_found),
    ("6.2-2", all_that_were_found_are_deployed),
    ("6.2-3", the_application_chooses),
    ("6.2-4", what_is_left_out_is_not_deployed),
    ("6.2-5", the_union_of_choices_is_deployed),
    ("6.4-1", the_container_has_a_root),
];

fn deployed(templates: &[&str]) -> TestServer {
    let endpoints = templates.iter().map(|template| moved("/where", *template));
    TestServer::of(Container::builder().endpoints(endpoints))
}

/// The template that `path` reaches, `None` when it is answered with 404.
fn reached(server: &TestServer, path: &str) -> Option<String> {
    let probe = request(server.addr(), &format!("GET {path} HTTP/1.1"), &["-Upgrade"]);
    if probe.status == 404 {
        return None;
    }
    let mut client = RawClient::open(server.addr(), path);
    Some(client.read_text())
}

/// Why `templates` cannot be deployed together.
fn refused(templates: &[&str]) -> DeploymentError {
    let endpoints = templates.iter().map(|template| moved("/where", *template));
    match Container::builder().endpoints(endpoints).build() {
        Err(BuildError::Deployment(error)) => error,
        other => panic!("{templates:?}: {other:?}"),
    }
}

/// The examples of the specification.
fn paths_are_matched() {
    for (templates, paths) in [
        (&["/a/b/"][..], &[("/a/b/", Some("/a/b/")), ("/a/b", None), ("/a/b/c", None)][..]),
        (&["/a/{v}"], &[("/a/b", Some("/a/{v}")), ("/a", None), ("/a/b/", None), ("/a/b/c", None)]),
        (
            &["/a/{v}/c", "/a/b/c", "/a/{x}/{y}"],
            &[
                ("/a/b/c", Some("/a/b/c")),
                ("/a/d/c", Some("/a/{v}/c")),
                ("/a/x/y", Some("/a/{x}/{y}")),
            ],
        ),
        (&["/{v}/d", "/b/{w}"], &[("/b/d", Some("/b/{w}")), ("/c/d", Some("/{v}/d"))]),
    ] {
        let server = deployed(templates);
        for (path, want) in paths {
            assert_eq!(reached(&server, path).as_deref(), *want, "{templates:?} {path}");
        }
    }
}

fn two_endpoints_of_one_path() {
    for templates in [["/a", "/a"], ["/a/{x}", "/a/{y}"], ["/{a}/{b}", "/{b}/{a}"]] {
        assert_eq!(refused(&templates).problems().len(), 1, "{templates:?}");
    }
    drop(deployed(&["/a/{x}", "/a/b", "/{x}/b", "/a/b/"]));
    // Two of one path need subprotocols that tell them apart.
    let build = |found: [&str; 2]| {
        Container::builder().endpoints(found.map(|found| moved(found, "/a"))).build()
    };
    let same = build(["/jakarta/kinds", "/jakarta/kinds"]);
    assert!(matches!(same, Err(BuildError::Deployment(_))), "{same:?}");
    let other = build(["/jakarta/kinds", "/jakarta/plain"]);
    assert!(other.is_ok(), "{other:?}");
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    /// A path of one to three segments out of `words`.
    fn path(&mut self, words: &[&str]) -> String {
        let len = self.below(3) + 1;
        (0..len)
            .map(|at| {
                let word = words[self.below(words.len())];
                let word = if word == "{}" { format!("{{v{at}}}") } else { word.to_owned() };
                format!("/{word}")
            })
            .collect()
    }
}

/// Whether `template` matches, and from the left which segments are variables.
fn matches(template: &str, path: &str) -> Option<Vec<bool>> {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    let fits = |(part, segment): (&&str, &&str)| part.starts_with('{') || part == segment;
    (template.len() == path.len() && template.iter().zip(&path).all(fits))
        .then(|| template.iter().map(|part| part.starts_with('{')).collect())
}

/// Random sets of templates, random paths: of all templates that match the one whose segments are
/// exact earlier is taken.
fn the_best_match_is_taken() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for _ in 0..20 {
        let mut templates: Vec<_> = (0..8).map(|_| numbers.path(&["a", "b", "{}"])).collect();
        templates.sort();
        templates.dedup();
        let server = deployed(&templates.iter().map(String::as_str).collect::<Vec<_>>());
        for _ in 0..20 {
            let path = numbers.path(&["a", "b", "c"]);
            let found = templates.iter().filter_map(|it| Some((matches(it, &path)?, it)));
            let best = found.min().map(|(_, template)| template.clone());
            assert_eq!(reached(&server, &path), best, "{path} of {templates:?}");
        }
    }
}

fn without_a_match_there_is_no_connection() {
    let server = deployed(&["/a/{x}", "/b"]);
    for path in ["/", "/a", "/a/", "/a/b/c", "/b/", "/B", "/c", "/bb"] {
        let response = http::exchange(server.addr(), http::upgrade(server.addr(), path, ""));
        assert_eq!(response.status, 404, "{path}");
        assert_eq!(response.header("sec-websocket-accept"), None, "{path}");
    }
}

fn malformed_paths() {
    for sentence in [
        "a path begins with `/`",
        "a path has no empty segment but the last",
        "`.` and `..` are no segments",
        "a path variable occurs twice",
        "a path variable is a whole segment",
        "templates are of level 1",
    ] {
        assert_explained("malformed_path", sentence);
    }
    for path in ["a", "", "/a//b", "/a/./b", "/a/../b", "/{a}/{a}", "/a{b}", "/{a", "/{+a}"] {
        assert_eq!(refused(&[path]).problems().len(), 1, "{path:?}");
    }
}

fn a_path_that_is_taken() {
    let message = refused(&["/taken", "/taken"]).to_string();
    assert_eq!(message.matches("`/taken`").count(), 2, "{message}");
    // By one that is served already, and goes on to be.
    let server = deployed(&["/taken"]);
    let second = ServerEndpointConfig::from(moved("/where", "/taken"));
    let error = server.handle().deploy(second).unwrap_err();
    assert_eq!(error.problems().len(), 1, "{error}");
    assert_eq!(reached(&server, "/taken").as_deref(), Some("/taken"));
}

fn what_is_wrong_is_said() {
    let message = refused(&["/taken", "/taken"]).to_string();
    assert!(message.contains("have the same path"), "{message}");
    assert!(message.contains("give one of them another path"), "{message}");
    let message = refused(&["no-slash"]).to_string();
    assert!(message.contains("begins with `/`"), "{message}");
}

fn all_that_is_wrong_is_said() {
    let error = refused(&["/taken", "/taken", "no-slash", "/{x}/{x}", "/fine"]);
    assert_eq!(error.problems().len(), 3, "{error}");
}

fn a_wrong_set_is_not_deployed_at_all() {
    // There is no container then, and so nothing that could listen.
    let endpoints = [moved("/where", "/fine"), moved("/where", "wrong")];
    assert!(Container::builder().endpoints(endpoints).bind("127.0.0.1", 0).build().is_err());
}

fn it_is_an_error_for_who_deploys() {
    let built = Container::builder().register(moved("/where", "wrong")).build();
    let Err(error) = built else { panic!("it was built") };
    assert!(matches!(error, BuildError::Deployment(_)));
    let error: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
    assert!(error.source().is_none(), "all of it is in its message");
    assert!(error.to_string().contains("wrong"), "{error}");
}

fn the_error_says_which_endpoint_it_is() {
    let wrong = moved("/where", "wrong");
    let message = refused(&["/fine", "wrong"]).problems()[0].to_string();
    let place = format!("{}:{}", wrong.file, wrong.line);
    for part in ["`wrong`", wrong.type_name, &place] {
        assert!(message.contains(part), "{message} does not say {part}");
    }
}

/// In a test, in a library, and in a program, each a crate of its own.
fn endpoints_are_found() {
    let found: Vec<_> = registrations().iter().map(|endpoint| endpoint.path).collect();
    for path in ["/jakarta/kinds", "/echo"] {
        assert!(found.contains(&path), "{path} is not among {found:?}");
    }
    let program = Command::new(env!("CARGO_BIN_EXE_found")).args(["endpoints"]).output().unwrap();
    let listed = String::from_utf8(program.stdout).unwrap();
    assert!(program.status.success(), "{listed}");
    let lists = |path| listed.split_whitespace().any(|word| word == path);
    assert!(lists("/found/in-the-program") && lists("/echo"), "{listed}");
    assert!(!lists("/jakarta/kinds"), "it is in another program: {listed}");
}

fn all_that_were_found_are_deployed() {
    let server = TestServer::start();
    for endpoint in registrations() {
        let path = endpoint.path.replace(['{', '}'], "");
        assert_eq!(http::get(server.addr(), &path, "").status, 426, "{path}");
    }
}

/// What is served of what was found, when `names` are the types that filters let pass, each a
/// filter of its own.
fn chosen(names: &[&'static str]) -> Vec<&'static str> {
    let mut builder = Container::builder().discover();
    for &name in names {
        builder = builder.filter(move |endpoint| endpoint.type_name.ends_with(name));
    }
    let server = TestServer::of(builder);
    let served = |path: &&str| {
        let path = path.replace(['{', '}'], "");
        http::get(server.addr(), &path, "").status == 426
    };
    registrations().iter().map(|endpoint| endpoint.path).filter(served).collect()
}

fn the_application_chooses() {
    assert_eq!(chosen(&["::Kinds"]), ["/jakarta/kinds"]);
}

fn what_is_left_out_is_not_deployed() {
    let served = chosen(&["::Nobody"]);
    assert!(served.is_empty(), "{served:?}");
}

fn the_union_of_choices_is_deployed() {
    assert_eq!(chosen(&["::Kinds", "::Echo", "plain::Echo"]), ["/echo", "/jakarta/kinds"]);
}

fn below_app() -> TestServer {
    TestServer::of(Container::builder().endpoints([moved("/echo", "/echo")]).root("/app"))
}

fn paths_are_relative_to_the_root() {
    let server = below_app();
    RawClient::open(server.addr(), "/app/echo").assert_echo("below the root");
    let upgrade = |path| http::exchange(server.addr(), http::upgrade(server.addr(), path, ""));
    for path in ["/echo", "/app", "/app/", "/apps/echo", "/app/app/echo"] {
        assert_eq!(upgrade(path).status, 404, "{path}");
    }
}

fn the_container_has_a_root() {
    let server = below_app();
    assert_eq!(http::get(server.addr(), "/app/echo", "").status, 426);
    assert_eq!(http::get(server.addr(), "/echo", "").status, 404);
    for root in ["app", "/{tenant}", "/a//b"] {
        let built = Container::builder().root(root).build();
        assert!(matches!(built, Err(BuildError::Root(_))), "{root}: {built:?}");
    }
}
