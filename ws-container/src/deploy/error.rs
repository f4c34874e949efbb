//! Endpoints that cannot be deployed.

use std::fmt;

use thiserror::Error;
use ws_core::EndpointDescriptor;
use ws_core::endpoint::path::PathError;

/// Why a set of endpoints cannot be deployed; every problem of the set at once
/// (Jakarta `DeploymentException`).
#[derive(Clone, Debug, Error)]
pub struct DeploymentError {
    problems: Vec<DeploymentProblem>,
}

impl DeploymentError {
    /// `Err` if there is a problem.
    pub(super) fn check(problems: Vec<DeploymentProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }

    /// The problems, at least one.
    #[must_use]
    pub fn problems(&self) -> &[DeploymentProblem] {
        &self.problems
    }
}

impl fmt::Display for DeploymentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("endpoints cannot be deployed")?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// One reason against a set of endpoints.
#[derive(Clone, Copy, Debug, Error)]
#[non_exhaustive]
pub enum DeploymentProblem {
    /// A path that is no URI template (Jakarta §3.1.1).
    #[error("{a}: {1}", a = Named(.0))]
    Path(&'static EndpointDescriptor, PathError),
    /// A subprotocol whose name is no token (RFC 6455 §4.1).
    #[error("{a}: subprotocol `{1}` is no token; write letters, digits, `.`, `-` and `_`", a = Named(.0))]
    Subprotocol(&'static EndpointDescriptor, &'static str),
    /// Two templates that match the same paths.
    #[error(
        "{a} and {b} match the same paths; give one of them another path, or write both templates \
         alike and tell them apart by `subprotocols = [..]`", a = Named(.0), b = Named(.1)
    )]
    Equivalent(&'static EndpointDescriptor, &'static EndpointDescriptor),
    /// One path, and a subprotocol that does not tell the two apart.
    #[error(
        "{a} and {b} both speak subprotocol `{2}`; endpoints share a path only when none does",
        a = Named(.0), b = Named(.1)
    )]
    SharedSubprotocol(&'static EndpointDescriptor, &'static EndpointDescriptor, &'static str),
    /// One path, and two endpoints without subprotocols.
    #[error(
        "{a} and {b} have the same path and no subprotocols; give one of them another path, or \
         `subprotocols = [..]`", a = Named(.0), b = Named(.1)
    )]
    Duplicate(&'static EndpointDescriptor, &'static EndpointDescriptor),
}

/// An endpoint, its type and where it stands.
struct Named<'a>(&'a EndpointDescriptor);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EndpointDescriptor { path, type_name, file, line, .. } = self.0;
        write!(f, "`{path}` ({type_name}, {file}:{line})")
    }
}
