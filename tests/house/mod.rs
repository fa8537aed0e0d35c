//! The house rules that a compiler does not see.

mod file;
mod paths;
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::repository;
use file::is_test;
use uses::{Uses, circles};

/// The crates of the library, and where their source is.
const CRATES: [(&str, &str); 4] = [
    ("pipeline_core", "crates/core/src"),
    ("pipeline_cloud", "crates/cloud/src"),
    ("pipeline_tables", "crates/tables/src"),
    ("pipeline", "src"),
];

/// The binary, which is a crate of its own.
const BINARY: (&str, &str) = ("pipeline_bin", "src/bin/pipeline");

/// The layers, from the ground up. A module uses modules of lines above its own only: not even those beside it.
const LAYERS: [&[&str]; 15] = [
    &["error", "record", "simd", "packed"],
    &["store"],
    &["remote"],
    &["source"],
    &["clean"],
    &["mention"],
    &["graph"],
    &["export"],
    &["spec"],
    &["table"],
    &["sink"],
    &["graph_tables"],
    &["run"],
    &["composer"],
    &["airflow"],
];

/// Modules that stand on less than all that is below them.
const NARROW: [(&str, &[&str]); 3] = [
    ("remote", &["store", "error"]),
    ("composer", &["remote", "store", "error"]),
    ("airflow", &["composer", "remote", "error"]),
];

/// Lines of the longest file.
const LONGEST: usize = 400;

fn roots() -> Vec<(&'static str, PathBuf)> {
    CRATES.iter().map(|(krate, folder)| (*krate, repository().join(folder))).collect()
}

fn binary() -> Vec<(&'static str, PathBuf)> {
    vec![(BINARY.0, repository().join(BINARY.1))]
}

/// All files of source: of the library and of the binary.
fn source_files() -> BTreeSet<PathBuf> {
    roots().iter().chain(&binary()).flat_map(|(_, root)| rust_files(root)).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn layer(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| panic!("`{module}` has no layer"))
}

/// Whether a module may use another one.
fn may_use(module: &str, other: &str) -> bool {
    let narrow = NARROW.iter().find(|(name, _)| *name == module);
    module == other || narrow.map_or(layer(other) < layer(module), |(_, below)| below.contains(&other))
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let uses = Uses::read(&roots());
    let mut checked = 0;
    for (file, used) in uses.edges.iter().enumerate() {
        for &other in used {
            let (Some(module), Some(below)) = (uses.top(file), uses.top(other)) else { continue };
            assert!(
                may_use(module, below),
                "`{module}` must not use `{below}`: {} uses {}",
                uses.name(file).display(),
                uses.name(other).display()
            );
            checked += usize::from(module != below);
        }
    }
    assert!(checked > 400, "only {checked} uses were seen");
}

#[test]
fn the_layers_are_those_of_the_table_in_architecture() {
    let text = fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with("| module |")).skip(2);
    let first = rows.take_while(|line| line.starts_with('|')).map(|line| line.split('|').nth(1).unwrap());
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut table: Vec<Vec<String>> = first.map(names).collect();
    assert_eq!(table.pop(), Some(vec!["bin/pipeline".to_owned()]), "the binary stands last, above all");
    assert_eq!(table, LAYERS.map(<[&str]>::to_vec), "one layer a line, from the ground up");
}

#[test]
fn a_forbidden_use_is_seen() {
    let (source, run) = ("use crate::run::scan;", "// use crate::source::Block;\npub(crate) fn scan() {}");
    let uses = Uses::parse(&[
        ("a", "source.rs", source),
        ("a", "run.rs", run),
        ("a", "lib.rs", "mod run; mod source;"),
    ]);
    assert_eq!(uses.edges, [BTreeSet::from([1]), BTreeSet::new(), BTreeSet::new()]);
    assert!(!may_use("source", "run") && may_use("run", "source"));
    assert!(!may_use("record", "error") && !may_use("composer", "run") && may_use("composer", "store"));
}

#[test]
fn files_do_not_go_in_circles() {
    let uses = Uses::read(&roots());
    let found = uses.circles();
    let shown: Vec<Vec<&Path>> =
        found.iter().map(|circle| circle.iter().map(|&file| uses.name(file)).collect()).collect();
    assert!(found.is_empty(), "these files cannot be read one after the other: {shown:#?}");
}

#[test]
fn modules_do_not_go_in_circles() {
    let uses = Uses::read(&roots());
    let names: Vec<&str> = LAYERS.concat();
    let mut edges = vec![BTreeSet::new(); names.len()];
    let at = |file: usize| uses.top(file).and_then(|top| names.iter().position(|name| *name == top));
    for (file, used) in uses.edges.iter().enumerate() {
        let others = used.iter().filter_map(|&other| at(other));
        if let Some(module) = at(file) {
            edges[module].extend(others.filter(|other| *other != module));
        }
    }
    assert_eq!(circles(&edges), Vec::<Vec<usize>>::new(), "{names:?}");
}

#[test]
fn commands_stand_on_one_base_and_not_on_each_other() {
    let uses = Uses::read(&binary());
    assert_eq!(uses.circles(), Vec::<Vec<usize>>::new());
    let commands = |file: usize| (uses.top(file) == Some("commands")).then(|| uses.second(file)).flatten();
    for (file, used) in uses.edges.iter().enumerate() {
        for &other in used {
            let (name, below) = (uses.name(file).display(), uses.name(other).display());
            let Some(command) = commands(other) else { continue };
            match uses.top(file) {
                Some("commands") => assert_eq!(commands(file), Some(command), "{name} uses {below}"),
                top => assert!(matches!(top, None | Some("args")), "{name} uses {below}"),
            }
        }
    }
}

/// The files of the library, as they are named within their crates, and their text; no tests, and not the binary.
fn library() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for (_, root) in roots() {
        for path in rust_files(&root) {
            let inside = path.strip_prefix(&root).unwrap();
            if !inside.starts_with("bin") && !is_test(inside) {
                files.push((inside.to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

/// The code of a file that is no test's and no comment.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn only_stores_touch_files_and_the_network() {
    for (inside, text) in library() {
        if inside.starts_with("store") || inside.starts_with("remote") {
            continue;
        }
        for forbidden in ["std::fs", "File::open", "std::net", "use std::{"] {
            assert!(!code(&text).any(|line| line.contains(forbidden)), "{}: {forbidden}", inside.display());
        }
    }
}

#[test]
fn nothing_but_the_binary_reads_the_environment() {
    let mut checked = 0;
    for (inside, text) in library() {
        for line in code(&text) {
            // The temporary folder and the current one are of the environment, too.
            for forbidden in ["std::env", "temp_dir()", "tempdir()", "current_dir()", "option_env!"] {
                assert!(!line.contains(forbidden), "{}: {forbidden}", inside.display());
            }
            checked += 1;
        }
    }
    assert!(checked > 10_000, "only {checked} lines were seen");
}

/// What a line of code says of flags and commands of ours; those of other programs are theirs.
fn flag_or_command(line: &str) -> Option<&str> {
    if ["gcloud ", "aws s3 "].iter().any(|other| line.contains(other)) {
        return None;
    }
    let flag = line.match_indices("--").find(|(at, _)| {
        let before = line[..*at].chars().next_back();
        line[at + 2..].starts_with(|c: char| c.is_ascii_lowercase()) && before.is_none_or(|c| c != '-')
    });
    flag.or_else(|| line.match_indices("`pipeline ").next()).map(|(at, _)| &line[at..])
}

#[test]
fn only_the_binary_names_flags_and_commands() {
    let mut checked = 0;
    // `airflow/commands.rs` types commands of Airflow.
    for (inside, text) in library().iter().filter(|(inside, _)| !inside.ends_with("airflow/commands.rs")) {
        for line in code(text) {
            let found = flag_or_command(line);
            assert!(found.is_none(), "{}: a `Setting` or an `Action`, not {found:?}", inside.display());
            checked += 1;
        }
    }
    assert!(checked > 1_000, "only {checked} lines were seen");
}

#[test]
fn the_test_of_flags_sees_one() {
    for line in [r#"hint: "write elsewhere with --out".into(),"#, r#""see `pipeline sql`""#, r#""--threads""#]
    {
        assert!(flag_or_command(line).is_some(), "{line}");
    }
    for line in [r#""-- a comment in SQL""#, r#""`gcloud x --project {project}`""#, r#""---""#] {
        assert!(flag_or_command(line).is_none(), "{line}");
    }
}

#[test]
fn files_are_small_and_named_for_what_they_hold() {
    let mut sizes = BTreeMap::new();
    for path in source_files() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(!["utils", "util", "common", "helpers", "types", "misc"].contains(&name.as_str()), "{name}");
        sizes.insert(path.clone(), fs::read_to_string(&path).unwrap().lines().count());
    }
    let mut sorted: Vec<usize> = sizes.values().copied().collect();
    sorted.sort_unstable();
    assert!(sorted[sorted.len() / 2] <= 160, "the median file has {} lines", sorted[sorted.len() / 2]);
    let (path, largest) = sizes.iter().max_by_key(|(_, n)| **n).unwrap();
    assert!(*largest <= LONGEST, "{} has {largest} lines: does it hold two ideas?", path.display());
}

#[test]
fn every_dependency_has_its_reason_beside_it() {
    let members = fs::read_dir(repository().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let mut seen = 0;
    for folder in members.chain([repository().to_path_buf(), repository().join("benches")]) {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let mut section = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section == "[workspace.dependencies]" && line.contains('=') {
                assert!(line.contains("# "), "no reason beside: {line}");
                seen += 1;
            } else if section.contains("dependencies]") && line.contains('=') {
                let shared = line.contains("workspace = true");
                assert!(shared, "{}: its reason stands in the workspace: {line}", folder.display());
            }
        }
    }
    assert!(seen > 40, "only {seen} dependencies were seen");
}

#[test]
fn whatever_runs_the_dags_is_built_with_tables() {
    for (file, build) in [
        ("Dockerfile", "cargo build --release --locked --features tables "),
        ("scripts/airflow", r#""cargo", "build", "--release", "--locked", "--features", "tables""#),
        ("scripts/dist", " --features tables "),
    ] {
        let text = fs::read_to_string(repository().join(file)).unwrap();
        assert!(text.contains(build), "{file}: four of the five pipelines make tables");
    }
}

#[test]
fn the_built_in_pipeline_files_are_those_in_the_folder() {
    let dags = repository().join("dags");
    let mut in_folder = Vec::new();
    for entry in fs::read_dir(&dags).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            in_folder.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    in_folder.sort();
    let mut built_in: Vec<&str> = pipeline::spec::SHIPPED.iter().map(|shipped| shipped.name).collect();
    built_in.sort_unstable();
    assert_eq!(built_in, in_folder);
    for shipped in pipeline::spec::SHIPPED {
        let name = shipped.name;
        assert_eq!(shipped.toml, fs::read_to_string(dags.join(format!("{name}.toml"))).unwrap(), "{name}");
        let folder = dags.join(name);
        let mut files = Vec::new();
        if folder.is_dir() {
            let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            files.extend(entries.filter(|path| path.extension().is_some_and(|e| e == "sql")));
        }
        files.sort();
        let texts: Vec<(String, String)> = files
            .iter()
            .map(|path| {
                (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
            })
            .collect();
        let mut sql: Vec<(String, String)> =
            shipped.sql.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        sql.sort();
        assert_eq!(sql, texts, "{name}");
        pipeline::spec::find(name, None).unwrap();
    }
}
