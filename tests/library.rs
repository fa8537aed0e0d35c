//! What the library must not know: the environment, and the flags and commands of the binary.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::repository;

/// The source files of every crate but the binary's and those of tests.
fn library_files() -> Vec<PathBuf> {
    let crates = fs::read_dir(repository().join("crates")).unwrap();
    let mut folders: Vec<PathBuf> = crates.map(|entry| entry.unwrap().path().join("src")).collect();
    folders.push(repository().join("src"));
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let is_test = path.file_stem().is_some_and(|name| name == "tests");
            if path.is_dir() && path.file_name().is_some_and(|name| name != "bin" && name != "tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && !is_test {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 200, "only {} files were found", files.len());
    files.sort();
    files
}

/// The lines of a file that are no comment and stand before its tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap().display().to_string()
}

#[test]
fn nothing_but_the_binary_reads_the_environment() {
    for path in library_files() {
        for line in code(&fs::read_to_string(&path).unwrap()) {
            // The temporary folder and the current one are of the environment, too.
            for forbidden in ["std::env", "temp_dir()", "tempdir()", "current_dir()", "option_env!"] {
                assert!(!line.contains(forbidden), "{}: {forbidden}", shown(&path));
            }
        }
    }
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
    // The texts that can hold one; `airflow/commands.rs` types commands of Airflow.
    let files = library_files().into_iter().filter(|path| !path.ends_with("airflow/commands.rs"));
    for path in files {
        for line in code(&fs::read_to_string(&path).unwrap()) {
            let found = flag_or_command(line);
            assert!(found.is_none(), "{}: a `Setting` or an `Action`, not {found:?}", shown(&path));
        }
    }
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
