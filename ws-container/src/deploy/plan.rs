//! Whether endpoints go together.

use std::sync::Arc;

use ws_core::endpoint::path::PathTemplate;
use ws_core::{Hub, ServerEndpointConfig};

use crate::deploy::error::{DeploymentError, DeploymentProblem, EndpointName};
use crate::deploy::mount::{Mount, Mounted};
use crate::deploy::settings::Defaults;
use crate::router::Router;

/// `mounted` and `new` together.
///
/// # Errors
///
/// [`DeploymentError`] with everything that is wrong with `new`; then nothing is deployed.
pub(super) fn plan(
    mounted: &Router<Arc<Mount>>,
    new: Vec<ServerEndpointConfig>,
    defaults: &Defaults,
    hub: &Arc<Hub>,
) -> Result<Router<Arc<Mount>>, DeploymentError> {
    let mut problems = Vec::new();
    let mut groups: Vec<Group> = mounted.iter().map(Group::of).collect();
    for config in new {
        problems.extend(alone(&config, hub));
        // A path that is no template is reported already.
        let path = format!("{}{}", defaults.root, config.path());
        if let Ok(template) = PathTemplate::parse(&path) {
            join(&mut groups, template, config, &mut problems);
        }
    }
    DeploymentError::check(problems)?;
    let mut router = Router::default();
    for group in groups {
        let new = group.new.into_iter().map(|new| Arc::new(Mounted::new(new, defaults, hub)));
        let mount = match group.mounted {
            Some(mount) if new.len() == 0 => mount,
            Some(mount) => {
                Arc::new(Mount::new(mount.endpoints().iter().cloned().chain(new).collect()))
            }
            None => Arc::new(Mount::new(new.collect())),
        };
        router.mount(group.template, mount);
    }
    Ok(router)
}

/// One endpoint by itself.
///
/// # Errors
///
/// [`DeploymentError`] with everything that is wrong with it.
pub(super) fn apart(
    config: ServerEndpointConfig,
    defaults: &Defaults,
    hub: &Arc<Hub>,
) -> Result<Arc<Mount>, DeploymentError> {
    DeploymentError::check(alone(&config, hub))?;
    Ok(Arc::new(Mount::new(vec![Arc::new(Mounted::new(config, defaults, hub))])))
}

/// Endpoints that share a path.
struct Group {
    template: PathTemplate,
    mounted: Option<Arc<Mount>>,
    new: Vec<ServerEndpointConfig>,
}

impl Group {
    fn of((template, mount): (&PathTemplate, &Arc<Mount>)) -> Self {
        Self { template: template.clone(), mounted: Some(Arc::clone(mount)), new: Vec::new() }
    }

    fn members(&self) -> impl Iterator<Item = &ServerEndpointConfig> {
        let mounted = self.mounted.iter().flat_map(|mount| mount.endpoints());
        mounted.map(|mounted| &mounted.config).chain(&self.new)
    }
}

/// What is wrong with `config` whatever else is there.
fn alone(config: &ServerEndpointConfig, hub: &Hub) -> Vec<DeploymentProblem> {
    let name = || EndpointName::of(config);
    let own = config.problems().into_iter().map(|it| DeploymentProblem::Config(name(), it));
    let missing =
        config.handlers().states.iter().filter(|it| !hub.states().contains((it.type_id)()));
    let missing = missing.map(|state| DeploymentProblem::State(name(), state.name));
    own.chain(missing).collect()
}

/// Adds `new` to the group at its path, if there is one and its members can be told from it.
fn join(
    groups: &mut Vec<Group>,
    template: PathTemplate,
    new: ServerEndpointConfig,
    problems: &mut Vec<DeploymentProblem>,
) {
    let Some(group) = groups.iter_mut().find(|it| it.template.is_equivalent(&template)) else {
        groups.push(Group { template, mounted: None, new: vec![new] });
        return;
    };
    problems.extend(group.members().filter_map(|earlier| conflict(earlier, &new)));
    group.new.push(new);
}

/// Why `a` and `b`, whose templates are equivalent, cannot both be deployed.
fn conflict(a: &ServerEndpointConfig, b: &ServerEndpointConfig) -> Option<DeploymentProblem> {
    let names = || (EndpointName::of(a), EndpointName::of(b));
    // Each handler finds the variables under the names it asks for only if these are the same.
    if a.path() != b.path() {
        let (a, b) = names();
        return Some(DeploymentProblem::Equivalent(a, b));
    }
    if a.subprotocols().len() == 0 && b.subprotocols().len() == 0 {
        let (a, b) = names();
        return Some(DeploymentProblem::Duplicate(a, b));
    }
    let shared = a.subprotocols().find(|name| b.subprotocols().any(|it| it == *name))?;
    let (a, b) = names();
    Some(DeploymentProblem::SharedSubprotocol(a, b, shared.to_owned()))
}
