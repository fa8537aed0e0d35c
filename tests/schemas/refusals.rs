//! What differs from a schema is refused: each key misspelt or left out, each value of another kind.

use serde_json::{Value, json};

use crate::schemas::{answer, check, problems, sample};

/// Fails unless the schema refuses the document.
fn refuse(name: &str, document: &Value) {
    assert!(!problems(name, document).is_empty(), "{name} lets this pass: {document}");
}

/// A document and changes to it, each of which its schema must refuse.
pub(crate) fn refuses(name: &str, document: &Value, changes: &[(&str, Value)]) {
    check(name, document);
    for (pointer, value) in changes {
        let mut changed = document.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = changed.pointer_mut(parent).unwrap_or_else(|| panic!("{name}: no {pointer}"));
        match key.parse::<usize>() {
            Ok(index) => parent[index] = value.clone(),
            Err(_) => parent[key] = value.clone(),
        }
        refuse(name, &changed);
    }
    // Each key misspelt, each key left out.
    for key in document.as_object().expect("an object").keys() {
        let mut misspelt = document.clone();
        let object = misspelt.as_object_mut().expect("an object");
        let value = object.remove(key).expect("the key");
        refuse(name, &Value::Object(object.clone()));
        object.insert(format!("{key}x"), value);
        refuse(name, &misspelt);
    }
}

#[test]
fn a_document_that_differs_is_refused() {
    let mention = "/drugs/0/mentions/pubmed/0";
    let at = |place: &str, key: &str| format!("{place}/{key}");
    let output = sample().output();
    assert!(output.pointer(mention).is_some(), "the first drug of the sample has an article");
    refuses(
        "output",
        &output,
        &[
            (&at(mention, "titel"), json!("a misspelt key")),
            (&at(mention, "id"), json!(1)),
            (&at(mention, "date"), json!("01/02/2020")),
            (&at(mention, "date"), json!("")),
            (&at(mention, "span"), json!([0])),
            (&at(mention, "span"), json!([0, 1, 2])),
            (&at(mention, "occurrences"), json!(0)),
            (&at(mention, "source"), json!("pubmed.csv")),
            ("/drugs/0/atccode", json!("")),
            ("/drugs/0/mentions/trials", json!([])),
            ("/drugs/0/mentions/journals/0/dates/0", json!(null)),
        ],
    );
    refuses(
        "run",
        &sample().record(),
        &[
            ("/state", json!("failed")),
            ("/date", json!("21/11/2026")),
            ("/sources/0/read", json!(-1)),
            ("/sources/0/reads", json!(1)),
            ("/sources/0/hash", json!("blake3:00")),
            ("/rejects/missing-titel", json!(1)),
            ("/repairs/merged", json!(0)),
            ("/warnings/0/code", json!("other")),
            ("/durations/read_ms", json!(0.5)),
            ("/output/path", json!("a")),
        ],
    );
    let reject = &sample().rejects()[0];
    refuses(
        "reject",
        reject,
        &[("/code", json!("missing-titel")), ("/line", json!(0)), ("/field", json!(1))],
    );
    let repair = &sample().repairs()[0];
    refuses(
        "repair",
        repair,
        &[("/code", json!("missing-title")), ("/before", json!(null)), ("/raw", json!(""))],
    );
    let rejects = answer(sample(), &["rejects"], "--out");
    refuses("rejects", &rejects, &[("/rejects/0", repair.clone()), ("/repairs/0", reject.clone())]);
    let top = answer(sample(), &["analyze"], "--graph");
    refuses("top-journals", &top, &[("/journals/0/count", json!(0)), ("/journals/0/drugs", json!([]))]);
    let related = answer(sample(), &["analyze", "related", "warfarin"], "--graph");
    refuses(
        "related",
        &related,
        &[("/reading", json!("other")), ("/drugs/0/code", json!("A")), ("/drugs/0/journals", json!([]))],
    );
}
