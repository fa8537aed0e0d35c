//! What the README shows is what the program prints: its `console` blocks are typed in, in order.

use std::path::Path;
use std::process::Output;

use pipeline::spec::SqlFiles;

use crate::support::{pipeline, repository};

/// The blocks of a language.
fn blocks<'a>(readme: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    readme.split(&fence).skip(1).map(|rest| rest.split("```").next().expect("an end")).collect()
}

fn readme() -> String {
    std::fs::read_to_string(repository().join("README.md")).expect("README.md")
}

/// A folder with what the README speaks of: the sample data, and pipeline files with two mistakes each.
fn folder(readme: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir_all(dir.path().join("data")).expect("a folder");
    for entry in std::fs::read_dir(repository().join("data")).expect("data") {
        let from = entry.expect("an entry").path();
        if from.is_dir() {
            continue;
        }
        let name = from.file_name().expect("a name");
        std::fs::copy(&from, dir.path().join("data").join(name)).expect("a copy");
    }
    let spec = std::fs::read_to_string(repository().join("dags/drugs.toml")).expect("drugs.toml");
    let bad = spec.replacen("max_rejects = \"15%\"", "max_reject = \"15%\"", 1).replace("\"all\"", "\"al\"");
    std::fs::create_dir(dir.path().join("my-dags")).expect("a folder");
    std::fs::write(dir.path().join("my-dags/bad.toml"), bad).expect("a pipeline file");
    let orders =
        orders(readme).replacen("max_rejects", "max_reject", 1).replacen("[\"orders\"]", "[\"order\"]", 1);
    std::fs::write(dir.path().join("my-dags/orders.toml"), orders).expect("a pipeline file");
    std::fs::create_dir(dir.path().join("my-dags/orders")).expect("a folder");
    std::fs::write(dir.path().join("my-dags/orders/totals.sql"), TOTALS).expect("an SQL file");
    dir
}

const TOTALS: &str = "SELECT day, sum(amount) AS total FROM orders GROUP BY day\n";

/// The pipeline of tables that the README shows.
fn orders(readme: &str) -> String {
    let block = blocks(readme, "toml").into_iter().find(|block| block.contains("[sources.orders]"));
    block.expect("a pipeline of tables").to_owned()
}

fn type_in(folder: &Path, line: &str) -> (String, Option<i32>) {
    let args = ["pipeline ", "cargo run --release -q -- "].iter().find_map(|start| line.strip_prefix(start));
    let args = args.unwrap_or_else(|| panic!("no command of ours: {line}")).split(' ');
    let Output { status, stdout, stderr } =
        pipeline().current_dir(folder).args(args).output().expect("the program starts");
    (String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned(), status.code())
}

/// Compares; a line `…` stands for any lines.
fn same(shown: &str, printed: &str) -> bool {
    match shown.split_once("…\n") {
        Some((start, end)) if start.is_empty() || start.ends_with('\n') => {
            printed.starts_with(start) && printed.ends_with(end)
        }
        _ => shown == printed,
    }
}

#[test]
fn what_the_readme_shows_is_what_the_program_prints() {
    let readme = readme();
    let folder = folder(&readme);
    let (summary, code) = type_in(folder.path(), "pipeline run");
    assert_eq!(code, Some(0));
    let shown = blocks(&readme, "text");
    assert!(same(shown[0], &summary), "shown:\n{}\nprinted:\n{summary}", shown[0]);
    assert!(summary.contains(shown[1]), "shown:\n{}\nprinted:\n{summary}", shown[1]);
    let mut typed = 0;
    for block in blocks(&readme, "console") {
        let mut last = None;
        for step in block.split("$ ").skip(1) {
            let (line, shown) = step.split_once('\n').expect("a line");
            if line == "echo $?" {
                assert_eq!(shown.trim().parse().ok(), last, "{line}");
                continue;
            }
            let (printed, code) = type_in(folder.path(), line);
            assert!(same(shown, &printed), "{line}\nshown:\n{shown}\nprinted:\n{printed}");
            (last, typed) = (code, typed + 1);
        }
    }
    assert!(typed >= 8, "only {typed} commands were found");
}

#[test]
fn the_pipeline_of_tables_in_the_readme_has_no_problem() {
    let sql = [("totals.sql", TOTALS)];
    let found = pipeline::spec::inspect(&orders(&readme()), "f", "orders", &SqlFiles::Texts(&sql));
    assert!(found.is_ok(), "{found:?}");
}

#[test]
fn what_differs_is_seen() {
    assert!(same("a\n…\nc\n", "a\nb\nc\n") && same("a…b\n", "a…b\n"));
    assert!(!same("a\n", "a\nb\n") && !same("a\n…\n", "b\n") && !same("a…\n", "a b\n"));
}
