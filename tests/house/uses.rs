//! Which file uses which, read from the source.
//!
//! An edge is a path to a name of another file: in a `use`, or written out in the code (`crate::a::b`, `super::b`,
//! `pipeline_core::a::b`, `child::b`, or behind a module that was imported). A name that a file only passes on
//! (`pub use`) is followed to the file that defines it, so a folder's `mod.rs` is no knot through which everything is
//! tied to everything. Code behind `#[cfg(test)]` is left out; all features are looked at together. Not an edge: the call
//! of a method whose `impl` stands in another file than its type.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::file::{File, ModulePath, is_test, module_path};

/// The source of some crates, and who uses whom in it.
pub(super) struct Uses {
    files: Vec<File>,
    /// For each file, those that it uses.
    pub(super) edges: Vec<BTreeSet<usize>>,
    /// For each file, those to whose types it gives methods.
    pub(super) extends: Vec<BTreeSet<usize>>,
}

impl Uses {
    /// Reads the files below the folders; each folder is one crate's root, with the crate's name before it.
    pub(super) fn read(roots: &[(&str, PathBuf)]) -> Self {
        let mut files = Vec::new();
        for (krate, root) in roots {
            for path in super::rust_files(root) {
                let inside = path.strip_prefix(root).unwrap();
                if !is_test(inside) && !inside.starts_with("bin") {
                    let text = fs::read_to_string(&path).unwrap();
                    files.extend(File::parse(&path, module_path(krate, inside), &text));
                }
            }
        }
        Self::of(files)
    }

    /// As [`Uses::read`], of files that are given: the crate, the name within it, the text.
    pub(super) fn parse(files: &[(&str, &str, &str)]) -> Self {
        let file = |(krate, name, text): &(&str, &str, &str)| {
            File::parse(Path::new(name), module_path(krate, Path::new(name)), text)
        };
        Self::of(files.iter().flat_map(file).collect())
    }

    fn of(files: Vec<File>) -> Self {
        let modules: BTreeMap<ModulePath, usize> =
            files.iter().enumerate().map(|(at, file)| (file.module.clone(), at)).collect();
        let names = Names { files: &files, modules };
        let edges = (0..files.len()).map(|at| names.used_by(at)).collect();
        let extends = (0..files.len()).map(|at| names.files_of(at, files[at].extended.iter())).collect();
        Self { files, edges, extends }
    }

    /// The name of a file.
    pub(super) fn name(&self, file: usize) -> &Path {
        &self.files[file].name
    }

    /// The top-level module of a file; nothing for a crate's root.
    pub(super) fn top(&self, file: usize) -> Option<&str> {
        self.files[file].module.get(1).map(String::as_str)
    }

    /// The module within the top-level module of a file.
    pub(super) fn second(&self, file: usize) -> Option<&str> {
        self.files[file].module.get(2).map(String::as_str)
    }

    /// The file of a name, if there is one.
    pub(super) fn find(&self, name: &Path) -> Option<usize> {
        self.files.iter().position(|file| file.name == name)
    }

    /// Sets of files of which each uses each, directly or over others.
    pub(super) fn circles(&self) -> Vec<Vec<usize>> {
        circles(&self.edges)
    }
}

/// Sets of nodes of which each reaches each.
///
/// Complexity: nodes times edges.
pub(super) fn circles(edges: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let reached: Vec<BTreeSet<usize>> = (0..edges.len())
        .map(|from| {
            let mut reached = BTreeSet::new();
            let mut open = vec![from];
            while let Some(node) = open.pop() {
                open.extend(edges[node].iter().filter(|next| reached.insert(**next)));
            }
            reached
        })
        .collect();
    let mut circles = BTreeSet::new();
    for node in 0..edges.len() {
        let circle: Vec<usize> = reached[node]
            .iter()
            .copied()
            .filter(|other| *other == node || reached[*other].contains(&node))
            .collect();
        if circle.len() > 1 && circle.contains(&node) {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

/// Looks up what a path means.
struct Names<'a> {
    files: &'a [File],
    modules: BTreeMap<ModulePath, usize>,
}

impl Names<'_> {
    fn used_by(&self, at: usize) -> BTreeSet<usize> {
        let file = &self.files[at];
        let imports =
            file.imports.iter().filter(|import| !import.passed_on || file.words.contains(&import.name));
        self.files_of(at, imports.map(|import| &import.path).chain(&file.paths))
    }

    /// The other files to which paths of a file lead.
    fn files_of<'p>(&self, at: usize, paths: impl Iterator<Item = &'p Vec<String>>) -> BTreeSet<usize> {
        let files = paths.flat_map(|path| self.targets(&self.files[at].module, path, 0));
        files.filter(|file| *file != at).collect()
    }

    /// The files that define what a path means in a module; none where it means a module, whose names are paths of their
    /// own. A name may be that of a module and of a function.
    fn targets(&self, module: &ModulePath, path: &[String], depth: usize) -> Vec<usize> {
        let Some(first) = path.first().filter(|_| depth < 20) else { return Vec::new() };
        let mut here = module.clone();
        let mut rest = &path[1..];
        match first.as_str() {
            "crate" => here.truncate(1),
            "self" => {}
            "super" => {
                here.pop();
            }
            name if self.is_module(&here, name) => here.push(name.to_owned()),
            name if self.modules.contains_key(&vec![name.to_owned()]) => here = vec![name.to_owned()],
            name => {
                let file = &self.files[self.modules[module]];
                let imports = file.imports.iter().filter(|import| import.name == name);
                return imports
                    .filter(|import| import.path != path)
                    .flat_map(|import| {
                        let whole: Vec<String> = import.path.iter().chain(&path[1..]).cloned().collect();
                        self.targets(module, &whole, depth + 1)
                    })
                    .collect();
            }
        }
        while let Some(name) = rest.first() {
            if name == "super" {
                here.pop();
            } else if name != "self" {
                let Some(&at) = self.modules.get(&here) else { return Vec::new() };
                let file = &self.files[at];
                let is_module = self.is_module(&here, name);
                let (mut found, mut imported) = (Vec::new(), false);
                if file.defined.contains(name) && !is_module {
                    return vec![at];
                }
                if !is_module || rest.len() == 1 {
                    for import in
                        file.imports.iter().filter(|import| import.name == *name || import.name == "*")
                    {
                        let tail = if import.name == "*" { rest } else { &rest[1..] };
                        let whole: Vec<String> = import.path.iter().chain(tail).cloned().collect();
                        found.extend(self.targets(&here, &whole, depth + 1));
                        imported |= import.name == *name;
                    }
                }
                if is_module && rest.len() == 1 {
                    return found;
                }
                if !is_module {
                    // What nobody names here was made by a macro.
                    return if found.is_empty() && !imported { vec![at] } else { found };
                }
                here.push(name.clone());
            }
            rest = &rest[1..];
        }
        Vec::new()
    }

    fn is_module(&self, parent: &ModulePath, name: &str) -> bool {
        let mut child = parent.clone();
        child.push(name.to_owned());
        self.modules.contains_key(&child)
    }
}

#[test]
fn a_use_leads_to_the_file_that_defines_the_name() {
    let check = |text: &str, expect: &[usize]| {
        let uses = Uses::parse(&[
            ("a", "lib.rs", "pub mod deep; mod user; pub use deep::Far as Near;"),
            ("a", "deep/mod.rs", "mod far; pub mod own; pub use far::{Far, far};\npub fn here() {}"),
            ("a", "deep/far.rs", "pub struct Far; pub fn far() {} impl Far { fn method() {} }"),
            ("a", "deep/own.rs", "pub const OWN: u8 = 1;"),
            ("a", "user.rs", text),
        ]);
        assert_eq!(uses.edges[4], expect.iter().copied().collect(), "{text}");
    };
    check("use crate::deep::Far;", &[2]);
    check("use crate::deep::{here, own::OWN};", &[1, 3]);
    check("use crate::{Near, deep::far};", &[2]);
    check("use crate::deep; fn f() { deep::far(); deep::own::OWN; }", &[2, 3]);
    check("use crate::deep::own; fn f() -> u8 { own::OWN }", &[3]);
    check("fn f() { super::deep::here() }", &[1]);
    check("fn f() { crate::deep::Far::method() }", &[2]);
    check("use std::fmt; // crate::deep::Far\nconst TEXT: &str = \"crate::deep::Far\";", &[]);
    check(
        "#[cfg(test)]\nmod tests { use crate::deep::Far; fn f() { if true { } } }\nuse crate::deep::own::OWN;",
        &[3],
    );
    check("pub use crate::deep::Far;", &[]);
    check("pub use crate::deep::Far; fn f(_: Far) {}", &[2]);
    check("fn f<'a>(c: char) -> bool { c == '\\'' || c == '\"' || crate::deep::here() }", &[1]);
}

#[test]
fn names_are_found_through_crates_and_modules_in_braces() {
    let uses = Uses::parse(&[
        ("core", "lib.rs", "pub mod run;"),
        ("core", "run.rs", "pub fn run() {}"),
        ("more", "lib.rs", "pub mod run; use core::run as drugs;"),
        ("more", "run.rs", "use crate::drugs::run; pub fn replay() {}"),
        ("all", "lib.rs", "pub mod run { pub use core::run::*; pub use more::run as tables; }"),
        ("bin", "main.rs", "use all::run::tables::replay; use all::run::run;"),
    ]);
    // The module in braces is the sixth.
    let (core, more) = (1, 3);
    assert_eq!(uses.edges[more], BTreeSet::from([core]));
    assert_eq!(uses.edges[6], BTreeSet::from([core, more]));
}

#[test]
fn methods_in_another_file_than_their_type_are_known() {
    let uses = Uses::parse(&[
        ("a", "lib.rs", "mod kind; mod more;"),
        ("a", "kind.rs", "pub struct Kind<T>(T);"),
        ("a", "more.rs", "use crate::kind::Kind; impl<T: Copy> Kind<T> { } impl Clone for Other { }"),
    ]);
    assert_eq!(uses.extends, [BTreeSet::new(), BTreeSet::new(), BTreeSet::from([1])]);
}

#[test]
fn circles_are_found_whole() {
    let edges = |edges: &[&[usize]]| edges.iter().map(|to| to.iter().copied().collect()).collect::<Vec<_>>();
    assert_eq!(circles(&edges(&[&[1], &[2], &[]])), Vec::<Vec<usize>>::new());
    assert_eq!(circles(&edges(&[&[1], &[2], &[0], &[4], &[3, 0], &[0]])), [vec![0, 1, 2], vec![3, 4]]);
}
