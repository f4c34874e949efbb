//! From the endpoints that were found to what serves requests.

mod error;

use std::sync::Arc;

use ws_core::endpoint::path::{BadPath, PathTemplate};
use ws_core::handshake::{PathParams, Policy, Subprotocol};
use ws_core::{Deployed, EndpointConfig, EndpointDescriptor, Hub, Launcher};

use crate::config::Settings;
pub use crate::deploy::error::{DeploymentError, DeploymentProblem};
use crate::router::Router;

/// The endpoints of a container, mounted.
#[derive(Debug)]
pub(crate) struct Deployment {
    router: Router<Mount>,
    hub: Arc<Hub>,
}

/// The endpoints at one path.
#[derive(Debug)]
pub(crate) struct Mount {
    /// What the path agrees to in a handshake.
    pub(crate) policy: Policy,
    endpoints: Vec<Mounted>,
}

/// One endpoint at a path.
pub(crate) struct Mounted {
    pub(crate) descriptor: &'static EndpointDescriptor,
    pub(crate) deployed: Arc<Deployed>,
    pub(crate) launcher: Arc<dyn Launcher>,
}

impl std::fmt::Debug for Mounted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mounted").field("descriptor", &self.descriptor).finish_non_exhaustive()
    }
}

impl Mount {
    /// The endpoint that speaks `subprotocol`. Where none was agreed on, that is the endpoint
    /// without subprotocols, or else the only one there is.
    pub(crate) fn select(&self, subprotocol: Option<&str>) -> Option<&Mounted> {
        let speaks = |mounted: &&Mounted| match subprotocol {
            Some(name) => mounted.descriptor.subprotocols.contains(&name),
            None => mounted.descriptor.subprotocols.is_empty() || self.endpoints.len() == 1,
        };
        self.endpoints.iter().find(speaks)
    }
}

impl Deployment {
    /// Deploys `descriptors`, all or none.
    ///
    /// Endpoints may share a path when their templates are written alike, their subprotocols
    /// differ and at most one of them has none: the agreed subprotocol then selects the endpoint.
    ///
    /// # Errors
    ///
    /// [`DeploymentError`] with everything that is wrong with the set.
    pub(crate) fn new(
        descriptors: &[&'static EndpointDescriptor],
        settings: &Settings,
        hub: Arc<Hub>,
    ) -> Result<Self, DeploymentError> {
        let mut problems = Vec::new();
        let mut groups: Vec<Group> = Vec::new();
        for descriptor in descriptors {
            match Group::new(descriptor) {
                Ok(group) => join(&mut groups, group, &mut problems),
                Err(problem) => problems.push(problem),
            }
        }
        DeploymentError::check(problems)?;
        let mut router = Router::default();
        for group in groups {
            let mount = mount(&group, settings, &hub);
            router.mount(group.template, mount);
        }
        Ok(Self { router, hub })
    }

    /// The endpoints at `path`.
    ///
    /// # Errors
    ///
    /// [`BadPath`] when `path` is malformed.
    pub(crate) fn find(&self, path: &str) -> Result<Option<(&Mount, PathParams)>, BadPath> {
        self.router.find(path)
    }

    /// The templates most like `path`.
    pub(crate) fn nearest(&self, path: &str) -> Vec<&str> {
        self.router.nearest(path)
    }

    /// What all sessions share.
    pub(crate) const fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Logs each endpoint, or why there may be none.
    pub(crate) fn log(&self) {
        let mut endpoints = self.router.targets().flat_map(|mount| &mount.endpoints).peekable();
        if endpoints.peek().is_none() {
            tracing::warn!(
                "no endpoint is deployed; endpoints of a library crate that the program never \
                 names are not linked into it: write `use my_endpoints as _;` in the program"
            );
        }
        for Mounted { descriptor, .. } in endpoints {
            tracing::info!(
                path = descriptor.path,
                endpoint = descriptor.type_name,
                handlers = handlers(descriptor),
                subprotocols = descriptor.subprotocols.join(","),
                at = format_args!("{}:{}", descriptor.file, descriptor.line),
                "deployed"
            );
        }
    }
}

/// The handlers of an endpoint in one line, such as `on_open, on_message(&str)`.
pub(crate) fn handlers(descriptor: &EndpointDescriptor) -> String {
    let list = descriptor.handlers.list.iter().map(|handler| match handler.message {
        "" => handler.kind.name().to_owned(),
        message => format!("{}({message})", handler.kind.name()),
    });
    list.collect::<Vec<_>>().join(", ")
}

/// Endpoints that share a path.
struct Group {
    template: PathTemplate,
    members: Vec<Member>,
}

struct Member {
    descriptor: &'static EndpointDescriptor,
    subprotocols: Vec<Subprotocol>,
}

impl Group {
    /// One endpoint by itself.
    fn new(descriptor: &'static EndpointDescriptor) -> Result<Self, DeploymentProblem> {
        let template = PathTemplate::parse(descriptor.path)
            .map_err(|error| DeploymentProblem::Path(descriptor, error))?;
        let parse = |name: &&'static str| {
            Subprotocol::new(name).map_err(|_| DeploymentProblem::Subprotocol(descriptor, name))
        };
        let subprotocols = descriptor.subprotocols.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Self { template, members: vec![Member { descriptor, subprotocols }] })
    }
}

/// Adds `new` to the group at its path, if there is one and its members can be told from it.
fn join(groups: &mut Vec<Group>, new: Group, problems: &mut Vec<DeploymentProblem>) {
    let Some(group) = groups.iter_mut().find(|it| it.template.is_equivalent(&new.template)) else {
        groups.push(new);
        return;
    };
    for member in new.members {
        let earlier = group.members.iter().map(|earlier| earlier.descriptor);
        problems.extend(earlier.filter_map(|earlier| conflict(earlier, member.descriptor)));
        group.members.push(member);
    }
}

/// Why `a` and `b`, whose templates are equivalent, cannot both be deployed.
fn conflict(
    a: &'static EndpointDescriptor,
    b: &'static EndpointDescriptor,
) -> Option<DeploymentProblem> {
    if a.subprotocols.is_empty() && b.subprotocols.is_empty() {
        return Some(if a.path == b.path {
            DeploymentProblem::Duplicate(a, b)
        } else {
            DeploymentProblem::Equivalent(a, b)
        });
    }
    // Each handler finds the variables under the names it asks for only if these are the same.
    if a.path != b.path {
        return Some(DeploymentProblem::Equivalent(a, b));
    }
    let shared = a.subprotocols.iter().find(|name| b.subprotocols.contains(name));
    shared.map(|name| DeploymentProblem::SharedSubprotocol(a, b, name))
}

fn mount(group: &Group, settings: &Settings, hub: &Arc<Hub>) -> Mount {
    let mut policy = Policy::default();
    policy.origin = settings.origins.clone();
    policy.subprotocol_order = settings.subprotocol_order;
    let mut endpoints = Vec::with_capacity(group.members.len());
    for Member { descriptor, subprotocols } in &group.members {
        policy.subprotocols.extend(subprotocols.iter().cloned());
        let deployed = Deployed::new(config(descriptor, settings), Arc::clone(hub));
        endpoints.push(Mounted { descriptor, deployed, launcher: (descriptor.launcher)() });
    }
    Mount { policy, endpoints }
}

/// The container's settings, and over them what the endpoint asks for itself.
fn config(descriptor: &EndpointDescriptor, settings: &Settings) -> EndpointConfig {
    let mut config = EndpointConfig::new(descriptor.path);
    let handlers = &descriptor.handlers;
    let longest = settings.max_text_message.max(settings.max_binary_message);
    config.limits.max_text_len = handlers.max_text_len.unwrap_or(settings.max_text_message);
    config.limits.max_binary_len = handlers.max_binary_len.unwrap_or(settings.max_binary_message);
    config.limits.max_frame_len = handlers.max_frame_len.unwrap_or(longest);
    config.idle_timeout = descriptor.idle_timeout.or(settings.idle_timeout);
    config.keep_alive = settings.keep_alive;
    config.pong_timeout = settings.pong_timeout;
    config.close_timeout = settings.close_timeout;
    config.send_timeout = settings.send_timeout;
    config
}

#[cfg(test)]
mod tests;
