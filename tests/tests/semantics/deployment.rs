//! Sets of endpoints that go together, and those that do not.

use tests::server::moved;
use tests::{RawClient, TestServer};
use ws_container::{BuildError, Container, DeploymentProblem, EndpointDescriptor};

use crate::support::assert_compile_errors;

fn at(path: &str) -> &'static EndpointDescriptor {
    moved("/echo", path)
}

/// What is wrong with the endpoints at `paths`.
fn problems(paths: &[&'static str]) -> Vec<DeploymentProblem> {
    let endpoints = paths.iter().map(|path| at(path));
    match Container::builder().endpoints(endpoints).build() {
        Ok(_) => Vec::new(),
        Err(BuildError::Deployment(error)) => error.problems().to_vec(),
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
fn assert_refused(paths: &[&'static str]) {
    let problems = problems(paths);
    assert_eq!(problems.len(), 1, "{paths:?}: {problems:?}");
    // The message names the place of every endpoint that is to blame.
    let message = problems[0].to_string();
    assert!(message.contains("plain.rs:"), "{message}");
}

#[test]
fn deployment_same_path_twice_and_equivalent_templates() {
    assert_refused(&["/a", "/a"]);
    assert_refused(&["/a/{x}", "/a/{y}"]);
}

#[test]
fn deployment_same_class_twice() {
    let echo = at("/a");
    let error = Container::builder().register(echo).register(echo).build();
    assert!(matches!(error, Err(BuildError::Deployment(_))), "{error:?}");
}

#[test]
fn deployment_template_beside_exact() {
    assert!(problems(&["/a/{x}", "/a/b"]).is_empty());
}

#[test]
fn deployment_no_leading_slash() {
    assert_refused(&["a"]);
}

#[test]
fn deployment_empty_path() {
    assert_refused(&[""]);
}

#[test]
fn deployment_root() {
    assert!(problems(&["/"]).is_empty());
}

#[test]
fn deployment_double_slash_dot_dot_or_dot_inside() {
    for path in ["/a//b", "/a/../b", "/a/./b"] {
        assert_refused(&[path]);
    }
}

#[test]
fn deployment_variable_twice_or_part_of_a_segment_or_unclosed() {
    for path in ["/{a}/{a}", "/a{b}", "/{a}b", "/{a"] {
        assert_refused(&[path]);
    }
}

#[test]
fn deployment_empty_variable() {
    assert_refused(&["/{}"]);
}

#[test]
fn deployment_a_good_endpoint_and_a_bad_one_and_a_good_one() {
    assert_eq!(problems(&["/good", "bad", "/good-too"]).len(), 1);
    assert_eq!(problems(&["/good", "bad", "/good", "worse"]).len(), 3, "all at once");
    let server = TestServer::of(Container::builder().endpoints([at("/good"), at("/good-too")]));
    RawClient::open(server.addr(), "/good-too").assert_echo("served");
}

#[test]
fn deployment_of_a_bad_endpoint_at_run_time() {
    let server = TestServer::of(Container::builder().register(at("/first")));
    let deploy = |path: &str| server.handle().deploy(at(path).into());
    deploy("/good").expect("its path is free");
    deploy("wrong").expect_err("no leading slash");
    deploy("/first").expect_err("its path is taken");
    // The others stay.
    for path in ["/first", "/good"] {
        RawClient::open(server.addr(), path).assert_echo("served");
    }
}

/// What is refused when it is compiled, at the token that is to blame.
#[test]
fn deployment_not_expressible() {
    assert_compile_errors(&[
        ("no leading slash", "malformed_path", "a path begins with `/`"),
        ("an empty segment", "malformed_path", "no empty segment but the last"),
        ("a dot segment", "malformed_path", "`.` and `..` are no segments"),
        ("a variable twice", "malformed_path", "a path variable occurs twice"),
        ("an empty variable", "malformed_path", "`{}` names no path variable"),
        ("part of a segment", "malformed_path", "a path variable is a whole segment"),
        ("an unclosed variable", "malformed_path", "come in pairs within one segment"),
        ("two of one native type", "two_text_handlers", "at most one handler for them"),
        ("two of one decoded kind", "two_handlers_of_one_decoded_kind", "same kind of message"),
        ("String and Reader", "whole_and_parts_of_one_kind", "at most one handler for them"),
        ("two @OnOpen", "duplicate_on_open", "an endpoint has at most one"),
        ("two @OnClose", "duplicate_on_close", "an endpoint has at most one"),
        ("two @OnError", "two_handlers_of_one_error", "for every error is already on"),
        ("an unknown parameter", "unknown_parameter", "`#[on_open]` takes"),
        ("M without payload", "message_missing", "needs a parameter for the message"),
        ("M of a type with no decoder", "handler_message_without_decoder", "no decoder of this"),
        ("@OnError without Throwable", "parameter_of_another_event", "is for `#[on_error]`"),
        ("pong with boolean", "bool_beside_whole_message", "`Pong` does not come in parts"),
        ("@PathParam Date", "path_param_without_from_str", "cannot be a path parameter"),
        ("no no-arg constructor", "no_default", "the container cannot make a `Chat`"),
        ("maxMessageSize 2^40", "illegal_size_or_duration", "write a number of bytes"),
    ]);
}
