//! Same input, same bytes: whatever the threads, the order of the rows, or the run.

use serde_json::Value;

use crate::support::{HEADER, Test};

const NAMES: [&str; 6] = ["ethanol", "ATROPINE", "Aspirin", "sodium", "sodium chloride", "β-carotene"];

/// A few thousand rows, of which some are told twice, contradict each other, or lack something.
pub(crate) fn rows(count: usize) -> Vec<String> {
    let mut state = 42_u64;
    let mut next = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    (0..count)
        .map(|i| {
            let name = NAMES[next(NAMES.len())];
            let id = if next(10) == 0 { String::new() } else { next(count).to_string() };
            let journal =
                ["", "The Lancet", "the lancet.", "Acta A & B", "ACTA A and B", "Acta (224)"][next(6)];
            let date = ["", "01/02/2020", "2020-02-01", "30/02/2020", "2019", "mars 2019"][next(6)];
            let title = format!("{} of {name} in group {}", ["Effects", "USE"][next(2)], next(count / 4));
            let quoted = if i % 7 == 0 { format!("\"{title},\nagain\"") } else { title };
            format!("{id},{quoted},{date},{journal}\n")
        })
        .collect()
}

fn test(rows: &[String]) -> Test {
    Test::new()
        .write("drugs.csv", format!("atccode,drug\n{}", NAMES.map(|n| format!("A01,{n}\n")).concat()))
        .pubmed(&rows.concat())
        .args(&["--max-rejects", "100%"])
}

/// Takes the places away, which may follow the order of the rows.
fn without_source(mut output: Value) -> Value {
    for drug in output["drugs"].as_array_mut().unwrap() {
        for kind in ["pubmed", "clinical_trials"] {
            for mention in drug["mentions"][kind].as_array_mut().unwrap() {
                mention.as_object_mut().unwrap().remove("source").unwrap();
            }
        }
    }
    output
}

#[test]
fn runs_and_threads_do_not_show() {
    // Large enough for several blocks.
    let rows = rows(40_000);
    let outputs = ["1", "2", "2", "7"].map(|threads| {
        let outcome = test(&rows).args(&["--threads", threads]).success();
        ["output.json", "rejects.jsonl", "repairs.jsonl"]
            .map(|name| std::fs::read(outcome.folder.join("out").join(name)).unwrap())
    });
    assert!(outputs[0][0].len() > 1_000_000, "one drug a line: {}", outputs[0][0].len());
    for other in &outputs[1..] {
        assert!(outputs[0] == *other);
    }
}

#[test]
fn the_order_of_rows_changes_nothing_but_places() {
    let rows = rows(4_000);
    let mut reversed = rows.clone();
    reversed.reverse();
    let mut interleaved: Vec<String> = rows.iter().step_by(2).cloned().collect();
    interleaved.extend(rows.iter().skip(1).step_by(2).cloned());
    let [one, two, three] = [rows, reversed, interleaved].map(|rows| {
        let outcome = test(&rows).success();
        (without_source(outcome.output()), outcome.ledger("pubmed.csv"))
    });
    assert!(one.1[3] > 0 && one.1[2] > 0, "nothing merged or in conflict: the test is no test");
    assert_eq!(one.1, two.1);
    assert!(one.0 == two.0);
    assert!(one.0 == three.0);
}

#[test]
fn rows_spread_over_files_are_the_same_rows() {
    let rows = rows(1_000);
    let one = test(&rows).success();
    let many = test(&[]).remove("pubmed.csv");
    let many = rows.chunks(100).enumerate().fold(many, |test, (i, rows)| {
        test.write(&format!("pubmed_{i}.csv"), format!("{HEADER}{}", rows.concat()))
    });
    assert!(without_source(one.output()) == without_source(many.success().output()));
}

#[test]
fn more_files_than_sixteen_bits_can_number_are_read_as_one() {
    let rows = rows(1 << 16 | 64);
    let one = test(&rows).success();
    let many = rows.iter().enumerate().fold(test(&[]).remove("pubmed.csv"), |test, (i, row)| {
        test.write(&format!("pubmed_{i:06}.csv"), format!("{HEADER}{row}"))
    });
    let many = many.success();
    assert!(without_source(one.output()) == without_source(many.output()));
    let merged = |outcome: &crate::support::Outcome| {
        let sources = outcome.record()["sources"].as_array().unwrap().clone();
        sources.iter().map(|source| source["merged"].as_u64().unwrap()).sum::<u64>()
    };
    assert!(merged(&one) > 100);
    assert_eq!(merged(&one), merged(&many));
}

#[test]
fn small_outputs_are_indented_and_large_ones_have_a_drug_a_line() {
    let read = |rows: usize| {
        let outcome = test(&self::rows(rows)).success();
        std::fs::read_to_string(outcome.folder.join("out/output.json")).unwrap()
    };
    assert!(read(50).starts_with("{\n  \"drugs\": [\n    {\n      \"atccode\": \"A01\","));
    let large = read(20_000);
    assert_eq!(large.lines().count(), NAMES.len() + 2);
    assert!(large.starts_with("{\"drugs\":[\n{\"atccode\":\"A01\","));
}
