//! Endpoints that cannot be deployed.

use std::fmt;

use thiserror::Error;
use ws_core::{ConfigProblem, ServerEndpointConfig};

/// Why endpoints cannot be deployed; every problem of the set at once (Jakarta
/// `DeploymentException`).
#[derive(Clone, Debug, Error)]
#[doc(alias = "DeploymentException")]
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

/// One reason against deploying endpoints.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum DeploymentProblem {
    /// Something is wrong with one endpoint by itself, such as its path.
    #[error("{0}: {1}")]
    Config(EndpointName, ConfigProblem),
    /// Two templates that match the same paths.
    #[error(
        "{0} and {1} match the same paths; give one of them another path, or write both templates \
         alike and tell them apart by `subprotocols = [..]`"
    )]
    Equivalent(EndpointName, EndpointName),
    /// One path, and a subprotocol that does not tell the two apart.
    #[error("{0} and {1} both speak subprotocol `{2}`; endpoints share a path only when none does")]
    SharedSubprotocol(EndpointName, EndpointName, String),
    /// One path, and two endpoints without subprotocols.
    #[error(
        "{0} and {1} have the same path and no subprotocols; give one of them another path, or \
         `subprotocols = [..]`"
    )]
    Duplicate(EndpointName, EndpointName),
    /// Handlers take a `State<T>` that the container was not given.
    #[error("{0} takes `State<{1}>`; give it to the container with `Builder::state`")]
    State(EndpointName, &'static str),
}

/// An endpoint, by its path, its type and where it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EndpointName {
    /// The URI template.
    pub path: String,
    /// The type, with its module.
    pub type_name: String,
    /// The source file.
    pub file: String,
    /// The line in it.
    pub line: u32,
}

impl EndpointName {
    pub(super) fn of(config: &ServerEndpointConfig) -> Self {
        let (file, line) = config.source();
        Self {
            path: config.path().to_owned(),
            type_name: config.type_name().to_owned(),
            file: file.to_owned(),
            line,
        }
    }
}

impl fmt::Display for EndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, type_name, file, line } = self;
        write!(f, "`{path}` ({type_name}, {file}:{line})")
    }
}
