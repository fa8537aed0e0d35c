//! What is built for others to run: the container image, the local Airflow, the binary that is uploaded.

use std::fs;

use crate::support::repository;

fn text(file: &str) -> String {
    fs::read_to_string(repository().join(file)).unwrap()
}

#[test]
fn whatever_runs_the_dags_is_built_with_tables() {
    for (file, build) in [
        ("Dockerfile", "cargo build --release --locked --features tables "),
        ("scripts/airflow", r#""cargo", "build", "--release", "--locked", "--features", "tables""#),
        ("scripts/dist", " --features tables "),
    ] {
        assert!(text(file).contains(build), "{file}: four of the five pipelines make tables");
    }
}

#[test]
fn the_container_image_gets_every_folder_that_the_build_reads() {
    // Those of the workspace, of the sources, and of what stands in the sources.
    let (dockerfile, ignored) = (text("Dockerfile"), text(".dockerignore"));
    let members = text("Cargo.toml").parse::<toml::Table>().unwrap()["workspace"]["members"].clone();
    let members = members.as_array().unwrap().iter().map(|member| member.as_str().unwrap().to_owned());
    let folders = members.map(|member| member.trim_end_matches("/*").to_owned());
    for folder in folders.chain(["src", "dags"].map(String::from)) {
        assert!(dockerfile.lines().any(|line| line == format!("COPY {folder} {folder}")), "{folder}");
        assert!(ignored.lines().any(|line| line == format!("!{folder}")), "{folder}");
    }
}
