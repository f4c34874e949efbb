//! House rules that no compiler checks: floors, sizes, and that everything shown is also run.
#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// ws-core's modules, lowest first. A module uses only modules of floors below its own, and its
/// neighbours on the same floor.
const CORE: &[&[&str]] = &[
    &["opcode"],
    &["role"],
    &["budget", "limits", "overflow", "principal"],
    &["mask"],
    &["close", "protocol_error"],
    &["utf8"],
    &["frame"],
    &["message"],
    &["extension"],
    &["handshake"],
    &["config"],
    &["protocol"],
    &["codec", "session"],
    &["endpoint"],
    &["engine"],
    &["configurator"],
    &["registration"],
    &["private"],
];

/// ws-container's modules, likewise.
const CONTAINER: &[&[&str]] = &[
    &["pem", "provider"],
    &["client", "tls"],
    &["printable", "quiet"],
    &["response"],
    &["proxies"],
    &["config"],
    &["meters"],
    &["router"],
    &["deploy"],
    &["files"],
    &["opening"],
    &["http"],
    &["listener"],
    &["lifecycle"],
    &["admin"],
    &["container"],
    &["prelude"],
    &["cli"],
    &["flags", "test_server"],
    &["connect", "test_client"],
];

/// Most lines a source file may have.
const LONGEST_FILE: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// Path of `file` as messages show it.
fn name(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().display().to_string()
}

/// All files below `folder` that end in `.extension`, sorted.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The Rust sources of every crate of the workspace.
fn sources() -> Vec<PathBuf> {
    let crates =
        ["ws-core", "ws-macros", "ws-container", "examples", "tests", "tests/bench", "fuzz"];
    let parts = ["src", "tests", "benches", "ui", "fuzz_targets"];
    crates
        .iter()
        .flat_map(|name| {
            parts.iter().flat_map(move |part| files(&root().join(name).join(part), "rs"))
        })
        .collect()
}

/// Sources that are not written to be read as ours: the fixtures of the compile-fail suite.
fn is_fixture(file: &Path) -> bool {
    name(file).starts_with("tests/ui/")
}

/// The lines of code of `file` with their numbers, up to its test module, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    text[..tests]
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_start()))
        .filter(|(_, line)| !line.starts_with("//"))
}

#[track_caller]
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn modules_of_ws_core_use_only_lower_floors() {
    assert_floors("ws-core/src", CORE);
}

#[test]
fn modules_of_ws_container_use_only_lower_floors() {
    assert_floors("ws-container/src", CONTAINER);
}

fn assert_floors(folder: &str, floors: &[&[&str]]) {
    let folder = root().join(folder);
    let floor: BTreeMap<&str, usize> = floors
        .iter()
        .enumerate()
        .flat_map(|(floor, modules)| modules.iter().map(move |module| (*module, floor)))
        .collect();
    let mut wrong = Vec::new();
    for file in files(&folder, "rs") {
        let inner = file.strip_prefix(&folder).unwrap();
        let user = inner.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if matches!(user, "lib" | "main") {
            continue;
        }
        let Some(own) = floor.get(user) else {
            wrong.push(format!("{}: `{user}` has no floor", name(&file)));
            continue;
        };
        for (number, line) in code(&read(&file)) {
            for (at, _) in line.match_indices("crate::") {
                let path = &line[at + "crate::".len()..];
                let used = path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                // `$crate::` is a macro's path, seen from its caller.
                let outside = line[..at].ends_with('$');
                let below = used == user || floor.get(used).is_some_and(|used| used <= own);
                if !outside && !below {
                    let place = name(&file);
                    wrong.push(format!("{place}:{number}: `{user}` uses `{used}`, not below it"));
                }
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    for file in sources() {
        let lines = read(&file).lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{}: {lines} lines; split it", name(&file)));
        }
    }
    assert_none(&wrong);
}

#[test]
fn files_say_what_they_are() {
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|file| !is_fixture(file) && !file.ends_with("tests.rs"))
        .filter(|file| !read(file).starts_with("//!"))
        .map(|file| format!("{}: begins without `//!`", name(file)))
        .collect();
    assert_none(&wrong);
}

#[test]
fn checks_are_not_silenced() {
    let silenced = [concat!("#[", "allow("), concat!("#![", "allow("), concat!("#[", "ignore")];
    let unchecked = ["{", "fn", "impl", "extern", "trait"].map(|what| format!("unsafe {what}"));
    let mut wrong = Vec::new();
    for file in sources().into_iter().filter(|file| !is_fixture(file)) {
        // What macros write into other people's code is not to be judged there as ours.
        let generates = name(&file).starts_with("ws-macros/src/");
        for (index, line) in read(&file).lines().enumerate() {
            let line = line.trim_start();
            // A test that moves gigabytes is run by hand, and says so.
            let long = line.starts_with(concat!("#[", "ignore = \"takes "));
            let found = !generates && !long && silenced.iter().any(|mark| line.contains(mark))
                || unchecked
                    .iter()
                    .any(|mark| line.starts_with(mark) || line.contains(&format!(" {mark}")));
            if found && !line.starts_with("//") {
                wrong.push(format!("{}:{}: {line}", name(&file), index + 1));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_compile_fail_case_has_its_message() {
    let cases: Vec<_> = fs::read_dir(root().join("tests/ui"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == "rs"))
        .collect();
    assert!(cases.len() >= 15, "{} compile-fail cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| !case.with_extension("stderr").exists())
        .map(|case| format!("{}: no .stderr beside it", name(case)))
        .collect();
    assert_none(&wrong);
}

#[test]
fn every_example_is_started_by_a_test() {
    let tests: String =
        files(&root().join("examples/tests"), "rs").iter().map(|file| read(file)).collect();
    let examples = files(&root().join("examples/src/bin"), "rs");
    assert!(examples.len() >= 3, "{} examples", examples.len());
    let mut wrong = Vec::new();
    for example in examples {
        let stem = example.file_stem().unwrap().to_str().unwrap();
        if !tests.contains(&format!("CARGO_BIN_EXE_{stem}\"")) {
            wrong.push(format!("{}: no test in examples/tests starts it", name(&example)));
        }
        if read(&example).lines().count() > 80 {
            wrong.push(format!("{}: an example has at most 80 lines", name(&example)));
        }
    }
    assert_none(&wrong);
}

/// The rows of the mission table that are reached.
const MISSION: &[&str] = &[
    "s0_1", "s0_2", "s0_3", "s0_4", "s0_5", "s0_6", "s0_7", "s0_8", "s0_9", "s1_1", "s1_2", "s1_3",
    "s1_4", "s1_5", "s1_6", "s1_7", "s1_8", "s1_9", "s1_10", "s1_11", "s2_1", "s2_2", "s2_3",
    "s2_4", "s2_5", "s2_6", "s2_7", "s2_7b", "s2_8", "s2_9", "s2_11", "s2_13", "s2_14", "s2_15",
    "s2_16", "s2_17", "s2_18", "s2_19", "s2_20", "s2_21", "s2_22", "s2_23", "s2_25", "s3_1",
    "s3_4", "s3_5", "s3_6", "s3_6b", "s3_7", "s3_8", "s3_9", "s3_10", "s3_11", "s3_12", "s3_13",
    "s3_14", "s3_15", "s3_16", "s3_17", "s3_18", "s3_20", "s3_21", "s3_22", "s3_23", "s3_24",
    "s3_24b", "s3_25",
];

#[test]
fn every_row_of_the_mission_has_its_test() {
    // What needs foreign servers is a check of the program that drives the client.
    let folders = ["tests/tests/mission", "tests/src/bin/foreign-servers"];
    let files = folders.iter().flat_map(|folder| files(&root().join(folder), "rs"));
    let tests: String = files.map(|file| read(&file)).collect();
    let wrong: Vec<String> = MISSION
        .iter()
        .filter(|row| !tests.contains(&format!("\nfn {row}_")))
        .map(|row| format!("no test in {} begins with `{row}`", folders.join(" or ")))
        .collect();
    assert_none(&wrong);
}

/// What stands in backticks in `line`.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The rows of the tables of `document` that have `columns` cells, without the lines that head them.
fn rows(document: &str, columns: usize) -> impl Iterator<Item = Vec<&str>> {
    document
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| line.split(" | ").collect::<Vec<_>>())
        .filter(move |cells| cells.len() == columns && quoted(cells[columns - 1]).next().is_some())
}

#[test]
fn what_documents_name_is_there() {
    let parts =
        ["ws-core/", "ws-macros/", "ws-container/", "examples/", "tests/", "docs/", "fuzz/"];
    let mut wrong = Vec::new();
    for document in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/rfc6455.md", "docs/threats.md"]
    {
        let text = read(&root().join(document));
        for path in text.lines().flat_map(quoted) {
            let path = path.split_whitespace().next().unwrap_or_default();
            let is_path = parts.iter().any(|part| path.starts_with(part));
            // `NAME` stands for a file that is yet to be written.
            if is_path && !path.contains("NAME") && !root().join(path).exists() {
                wrong.push(format!("{document}: `{path}` is not there"));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn requirements_and_promises_have_their_tests() {
    let code: String = sources().iter().map(|file| read(file)).collect();
    let requirements = read(&root().join("docs/rfc6455.md"));
    let readme = read(&root().join("README.md"));
    let promises = readme.split("\n## ").find(|it| it.starts_with("What you can rely on")).unwrap();
    let mut wrong = Vec::new();
    let mut named = 0;
    for cells in rows(&requirements, 4).chain(rows(promises, 2)) {
        named += 1;
        let (what, modules, tests) = match cells[..] {
            [_, requirement, modules, tests] => (requirement, modules, tests),
            [promise, tests] => (promise, "", tests),
            _ => continue,
        };
        let missing = quoted(modules).filter(|module| {
            !root().join(module).exists() && !root().join("ws-core/src").join(module).exists()
        });
        wrong.extend(missing.map(|module| format!("{what} no module `{module}`")));
        let missing = quoted(tests).filter(|test| !code.contains(&format!("fn {test}(")));
        wrong.extend(missing.map(|test| format!("{what} no test `{test}`")));
    }
    assert!(named >= 75, "{named} rows");
    assert_none(&wrong);
}

/// The rows of the table of threats, by the first letter of their numbers, and how many there are.
const THREATS: &[(char, u32)] = &[('H', 15), ('F', 20), ('D', 8), ('L', 3)];

#[test]
fn threats_have_their_tests() {
    let code: String = sources().iter().map(|file| read(file)).collect();
    let threats = read(&root().join("docs/threats.md"));
    let rows: BTreeMap<&str, &str> =
        rows(&threats, 4).map(|cells| (cells[0], cells[cells.len() - 1])).collect();
    let numbers = THREATS
        .iter()
        .flat_map(|(letter, most)| (1..=*most).map(move |number| format!("{letter}{number}")));
    let missing = numbers.filter(|number| !rows.contains_key(&number[..]));
    let mut wrong: Vec<String> = missing.map(|number| format!("no row {number}")).collect();
    for (number, tests) in rows {
        let missing = quoted(tests).filter(|test| !code.contains(&format!("fn {test}(")));
        wrong.extend(missing.map(|test| format!("{number}: no test `{test}`")));
    }
    assert_none(&wrong);
}
