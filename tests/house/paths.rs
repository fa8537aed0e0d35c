//! The call paths that ARCHITECTURE shows are those of the source.

use std::fs;
use std::path::{Path, PathBuf};

use super::uses::Uses;
use super::{binary, roots};
use crate::support::repository;

/// The files of each path, in their order: a path is a paragraph that begins with a bold name and goes from file to
/// file with arrows.
fn paths() -> Vec<(String, Vec<PathBuf>)> {
    let text = fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let section = text.split("\n## Three call paths\n").nth(1).expect("there is a section of call paths");
    let section = section.split("\n## ").next().unwrap();
    let path = |paragraph: &str| {
        let name = paragraph.trim().strip_prefix("**")?.split("**").next()?.to_owned();
        let files = paragraph.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs"));
        Some((name, files.map(|name| repository().join(name)).collect()))
    };
    section.split("\n\n").filter_map(path).collect()
}

/// The module of a file: its crate's folder, and the name behind it.
fn module(file: &Path) -> PathBuf {
    let roots: Vec<PathBuf> = binary().into_iter().chain(roots()).map(|(_, root)| root).collect();
    let root = roots.iter().find(|root| file.starts_with(root)).expect("the file is in a crate");
    match root.ends_with("bin/pipeline") {
        true => root.clone(),
        false => PathBuf::from(file.strip_prefix(root).unwrap().iter().next().unwrap()).with_extension(""),
    }
}

#[test]
fn each_step_of_a_call_path_is_called_from_above_and_no_module_is_met_twice() {
    let all: Vec<_> = roots().into_iter().chain(binary()).collect();
    let uses = Uses::read(&all);
    let paths = paths();
    assert_eq!(paths.len(), 3, "{paths:?}");
    for (name, files) in paths {
        assert!(files.len() > 5, "`{name}` has only {} files", files.len());
        let mut modules: Vec<PathBuf> = files.iter().map(|file| module(file)).collect();
        modules.dedup();
        let mut once = modules.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), modules.len(), "`{name}` comes back to a module: {modules:?}");
        for (at, file) in files.iter().enumerate() {
            assert!(file.is_file(), "`{name}`: there is no {}", file.display());
            assert!(!files[..at].contains(file), "`{name}` comes back to {}", file.display());
            let known = |file: &PathBuf| uses.find(file).expect("each file of the source is read");
            let (own, above) = (known(file), files[..at].iter().map(known).collect::<Vec<_>>());
            let calls =
                |&above: &usize| uses.edges[above].contains(&own) || uses.extends[own].contains(&above);
            let called = at == 0 || above.iter().any(calls);
            assert!(called, "`{name}`: nothing above uses {}", file.display());
        }
    }
}
