//! Memory does not grow with the input.

use std::io::Write;
use std::process::Command;

use crate::support::{HEADER, Test};

#[test]
#[cfg(target_os = "linux")]
fn a_file_larger_than_the_memory_is_read() {
    let test = Test::new().args(&["--threads", "1", "-q"]);
    let title = "without any drug in it ".repeat(400);
    let mut file = std::io::BufWriter::new(std::fs::File::create(test.data().join("pubmed.csv")).unwrap());
    file.write_all(HEADER.as_bytes()).unwrap();
    for id in 0..250_000_000 / title.len() {
        writeln!(file, "{id},{title}{id},2020,Acta").unwrap();
    }
    file.into_inner().unwrap();
    // The address space, of which much is only reserved, is a third of the file.
    let limited = |kilobytes: u32| {
        let inner = test.command();
        let limit = format!("ulimit -v {kilobytes}; exec \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &limit, "sh"]).arg(inner.get_program()).args(inner.get_args());
        command.current_dir(std::env::temp_dir()).env_remove("PIPELINE_DAGS").output().unwrap().status
    };
    // A program with tables is mapped with some 150 MB of its own; the file is larger than that, too.
    assert!(limited(if cfg!(feature = "tables") { 240_000 } else { 80_000 }).success());
    assert!(!limited(8_000).success(), "the limit limits nothing: the test is no test");
}
