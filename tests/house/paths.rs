//! The call paths that ARCHITECTURE shows are those of the source.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::uses::Uses;
use super::{binary, roots};
use crate::support::repository;

/// The files of each path, in their order: a path is a paragraph that begins with a bold name and goes from file to
/// file with arrows.
fn paths() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let section = text.split("\n## Three call paths\n").nth(1).expect("there is a section of call paths");
    let section = section.split("\n## ").next().unwrap();
    let path = |paragraph: &str| {
        let name = paragraph.trim().strip_prefix("**")?.split("**").next()?.to_owned();
        let files = paragraph.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs"));
        Some((name, files.map(str::to_owned).collect()))
    };
    section.split("\n\n").filter_map(path).collect()
}

/// The file of a name that counts from the `src` folder of its crate.
fn file(name: &str) -> PathBuf {
    let crates = ["core", "cloud", "tables"].map(|name| format!("crates/{name}/src"));
    let places = crates.iter().map(String::as_str).chain(["src"]);
    let found: Vec<PathBuf> =
        places.map(|place| repository().join(place).join(name)).filter(|path| path.is_file()).collect();
    let [file] = &found[..] else { panic!("`{name}` is one file: {found:?}") };
    file.clone()
}

#[test]
fn each_step_of_a_call_path_is_called_from_above_and_no_module_is_met_twice() {
    let all: Vec<_> = roots().into_iter().chain(binary()).collect();
    let uses = Uses::read(&all);
    let paths = paths();
    assert_eq!(paths.len(), 3, "{paths:?}");
    for (name, steps) in paths {
        assert!(steps.len() > 5, "`{name}` has only {} files", steps.len());
        let mut modules: Vec<&str> = steps.iter().map(|step| step.split('/').next().unwrap()).collect();
        modules.dedup();
        let once: BTreeSet<&&str> = modules.iter().collect();
        assert_eq!(once.len(), modules.len(), "`{name}` comes back to a module: {modules:?}");
        let known = |step: &String| uses.find(&file(step)).expect("each file of the source is read");
        let files: Vec<usize> = steps.iter().map(known).collect();
        for (at, own) in files.iter().enumerate() {
            let above = &files[..at];
            assert!(!above.contains(own), "`{name}` comes back to {}", steps[at]);
            let calls =
                |above: &usize| uses.edges[*above].contains(own) || uses.extends[*own].contains(above);
            assert!(at == 0 || above.iter().any(calls), "`{name}`: nothing above uses {}", steps[at]);
        }
    }
}
