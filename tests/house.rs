//! The house rules that a compiler does not see.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::repository;

/// The layers: a module may use those in its own line and in the lines below.
const LAYERS: [&[&str]; 7] = [
    &["run", "composer"],
    &["spec", "sink", "table", "export"],
    &["graph"],
    &["mention"],
    &["clean"],
    &["source"],
    &["store", "record", "error", "simd", "packed"],
];

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

/// The modules that a file names with `crate::`.
fn used(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let name = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split("crate::").skip(1).map(name).collect::<Vec<_>>()).collect()
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let src = repository().join("src");
    let mut checked = 0;
    for path in rust_files(&src) {
        let inside = path.strip_prefix(&src).unwrap();
        let first = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if matches!(first, "lib" | "bin") {
            continue;
        }
        for module in used(&fs::read_to_string(&path).unwrap()) {
            assert!(
                !module.is_empty(),
                "{}: one `use crate::` a module, so that it is seen",
                inside.display()
            );
            assert!(
                layer(first) <= layer(&module),
                "{}: `{first}` must not use `{module}`",
                inside.display()
            );
            assert!(
                first != "composer" || !["run", "graph", "table"].contains(&module.as_str()),
                "{}: what is on Composer is no business of `{module}`",
                inside.display()
            );
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} uses were seen");
}

#[test]
fn the_layering_test_sees_a_forbidden_use() {
    assert_eq!(
        used("use crate::run::scan;\n// use crate::store;\nlet x = crate::graph::y();"),
        ["run", "graph"]
    );
    assert!(layer("source") > layer("run"));
}

#[test]
fn only_the_store_touches_files() {
    let src = repository().join("src");
    for path in rust_files(&src) {
        let inside = path.strip_prefix(&src).unwrap();
        if inside.starts_with("store") || inside.starts_with("bin") || is_test(inside) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for forbidden in ["std::fs", "File::open", "std::net", "use std::{"] {
            assert!(!code(&text).any(|line| line.contains(forbidden)), "{}: {forbidden}", inside.display());
        }
    }
}

/// The code of a file that is no test's and no comment.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}

#[test]
fn nothing_but_the_binary_reads_the_environment() {
    let src = repository().join("src");
    let mut checked = 0;
    for path in rust_files(&src) {
        let inside = path.strip_prefix(&src).unwrap();
        if inside.starts_with("bin") || is_test(inside) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
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
    let src = repository().join("src");
    let mut checked = 0;
    for path in rust_files(&src) {
        let inside = path.strip_prefix(&src).unwrap();
        // `airflow/commands.rs` types commands of Airflow.
        if inside.starts_with("bin") || is_test(inside) || inside.ends_with("airflow/commands.rs") {
            continue;
        }
        for line in code(&fs::read_to_string(&path).unwrap()).filter(|line| line.contains('"')) {
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
    let src = repository().join("src");
    let mut sizes = BTreeMap::new();
    for path in rust_files(&src) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(!["utils", "util", "common", "helpers", "types", "misc"].contains(&name.as_str()), "{name}");
        sizes.insert(path.clone(), fs::read_to_string(&path).unwrap().lines().count());
    }
    let mut sorted: Vec<usize> = sizes.values().copied().collect();
    sorted.sort_unstable();
    assert!(sorted[sorted.len() / 2] <= 160, "the median file has {} lines", sorted[sorted.len() / 2]);
    let (path, largest) = sizes.iter().max_by_key(|(_, n)| **n).unwrap();
    assert!(*largest <= 400, "{} has {largest} lines: does it hold two ideas?", path.display());
}

#[test]
fn every_dependency_has_its_reason_beside_it() {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let mut inside = false;
    let mut seen = 0;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies]");
        } else if inside && line.contains('=') {
            assert!(line.contains("# "), "no reason beside: {line}");
            seen += 1;
        }
    }
    assert!(seen > 15, "only {seen} dependencies were seen");
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
