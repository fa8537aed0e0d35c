//! A graph that is written, read back and written again is the same, byte for byte.

use pipeline::export::{read_graph, write_graph};

use crate::support::{DRUGS, Test, repository, run};

fn round_trip(bytes: &[u8]) {
    let graph = read_graph(bytes, "output.json").unwrap();
    let mut again = Vec::new();
    write_graph(&graph, |piece| {
        again.extend_from_slice(piece);
        Ok(())
    })
    .unwrap();
    assert!(again == bytes, "read back, it is another graph");
}

#[test]
fn the_sample_graph_comes_back() {
    let out = tempfile::tempdir().unwrap();
    let (path, data) = (out.path().join("output.json"), repository().join("data"));
    run(&["run", "-q", "--data", data.to_str().unwrap(), "--out", path.to_str().unwrap()]).expect_code(0);
    round_trip(&std::fs::read(path).unwrap());
}

#[test]
fn a_graph_of_one_drug_a_line_comes_back() {
    let rows: String = (0..9_000)
        .map(|i| format!("{},On ethanol and atropine {},2020-0{},Acta {}\n", i / 2, i / 2, i % 9 + 1, i % 7))
        .collect();
    let outcome = Test::new().pubmed(&rows).args(&["--max-rejects", "100%"]).success();
    let bytes = std::fs::read(outcome.folder.join("out/output.json")).unwrap();
    assert!(bytes.starts_with(b"{\"drugs\":[\n"));
    round_trip(&bytes);
}

#[test]
fn records_that_share_a_line_stay_apart() {
    let json = r#"[{"id":1,"title":"ethanol","date":"2020","journal":"Acta"},{"id":2,"title":"ethanol and atropine","date":"2021","journal":"Bacta"},{"id":3,"title":"aspirin","date":null,"journal":"Bacta"}]"#;
    let outcome = Test::new().write("drugs.csv", DRUGS).write("pubmed.json", json).success();
    let path = outcome.folder.join("out/output.json");
    round_trip(&std::fs::read(&path).unwrap());
    let answer = run(&["analyze", "--graph", path.to_str().unwrap(), "--format", "json"]).expect_code(0);
    let answer: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let journals = answer["journals"].as_array().unwrap();
    assert_eq!((journals.len(), &journals[0]["title"]), (1, &"Bacta".into()));
    assert_eq!(journals[0]["drugs"], serde_json::json!(["ASPIRIN", "ATROPINE", "ETHANOL"]));
}
