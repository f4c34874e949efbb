//! Builds the servers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Failure;

/// Where each program is.
pub(crate) type Programs = HashMap<String, PathBuf>;

/// Builds the container and `peers` for release.
pub(crate) fn build(peers: &[&str]) -> Result<Programs, Failure> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).ok_or("the repository is not around this folder")?;
    let mut programs = cargo(root, &["-p", "ws-container", "--bin", "ws-container"])?;
    if !peers.is_empty() {
        let bins: Vec<_> = peers.iter().flat_map(|peer| ["--bin", peer]).collect();
        programs.extend(cargo(here, &bins)?);
    }
    Ok(programs)
}

/// Builds in `folder`: the programs, by name.
fn cargo(folder: &Path, what: &[&str]) -> Result<Programs, Failure> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--message-format", "json-render-diagnostics"])
        .args(what)
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()?;
    if !built.status.success() {
        return Err(format!("cannot build in {}", folder.display()).into());
    }
    let mut programs = Programs::new();
    for line in built.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let message: serde_json::Value = serde_json::from_slice(line)?;
        if let (Some(name), Some(path)) =
            (message["target"]["name"].as_str(), message["executable"].as_str())
        {
            programs.insert(name.to_owned(), path.into());
        }
    }
    Ok(programs)
}
