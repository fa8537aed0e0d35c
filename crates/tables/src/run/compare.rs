//! Rows expected, rows found: in any order, only the columns that are named.

use serde_json::{Map, Value};

use crate::spec::tables::TestRow;

/// How far two numbers may be apart, as a share of the larger one.
const TOLERANCE: f64 = 1e-9;
/// Differences that are shown of one table.
const SHOWN: usize = 10;

/// What is different, in words; nothing if all is as expected.
///
/// Each expected row needs a row of its own. Since rows that name few columns may fit many, pairs are found by
/// augmenting paths. Complexity: O(expected² × found) comparisons at worst, linear where rows are told apart by their
/// columns and in order.
pub(super) fn differences(table: &str, expected: &[TestRow], found: &[Map<String, Value>]) -> Vec<String> {
    let mut partner: Vec<Option<usize>> = vec![None; found.len()];
    let mut missing = Vec::new();
    for at in 0..expected.len() {
        if !pair(at, expected, found, &mut partner, &mut vec![false; found.len()]) {
            missing.push(at);
        }
    }
    let mut free: Vec<usize> = (0..found.len()).filter(|&at| partner[at].is_none()).collect();
    let mut said = Vec::new();
    for at in missing {
        let row = &expected[at];
        // The row that has most in common is most likely the one that was meant.
        let common = |candidate: &usize| {
            row.iter()
                .filter(|(key, value)| found[*candidate].get(*key).is_some_and(|v| equal(value, v)))
                .count()
        };
        let near =
            free.iter().copied().max_by_key(|at| (common(at), usize::MAX - at)).filter(|at| common(at) > 0);
        match near {
            Some(near) => {
                free.retain(|at| *at != near);
                let differs = row
                    .iter()
                    .filter(|(key, value)| !found[near].get(*key).is_some_and(|found| equal(value, found)));
                let each = differs.map(|(key, value)| {
                    format!("`{key}` is {}, expected {value}", found[near].get(key).unwrap_or(&Value::Null))
                });
                let which =
                    row.iter().find(|(key, value)| found[near].get(*key).is_some_and(|v| equal(value, v)));
                let which = which.map(|(key, value)| format!(" with {key} = {value}")).unwrap_or_default();
                said.push(format!("`{table}`: the row{which}: {}", each.collect::<Vec<_>>().join("; ")));
            }
            None => said.push(format!("`{table}`: no row is {}", shown(row.iter()))),
        }
    }
    for at in free {
        said.push(format!("`{table}`: a row too many: {}", shown(found[at].iter())));
    }
    if said.len() > SHOWN {
        let more = said.len() - SHOWN;
        said.truncate(SHOWN);
        said.push(format!("`{table}`: {more} more differences"));
    }
    said
}

/// Finds a row for an expected one, moving others to other rows where that makes room.
fn pair(
    at: usize,
    expected: &[TestRow],
    found: &[Map<String, Value>],
    partner: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    for row in 0..found.len() {
        if tried[row] || !fits(&expected[at], &found[row]) {
            continue;
        }
        tried[row] = true;
        let free = match partner[row] {
            None => true,
            Some(other) => pair(other, expected, found, partner, tried),
        };
        if free {
            partner[row] = Some(at);
            return true;
        }
    }
    false
}

fn fits(expected: &TestRow, found: &Map<String, Value>) -> bool {
    expected.iter().all(|(key, value)| found.get(key).is_some_and(|found| equal(value, found)))
}

/// Whether two values are the same: numbers nearly, moments whatever their zone.
fn equal(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a == b,
            _ => match (a.as_f64(), b.as_f64()) {
                (Some(a), Some(b)) => a == b || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()),
                _ => a == b,
            },
        },
        (Value::String(a), Value::String(b)) => {
            a == b || matches!((moment(a), moment(b)), (Some(a), Some(b)) if a == b)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        _ => expected == found,
    }
}

fn moment(text: &str) -> Option<jiff::Timestamp> {
    // A day is no moment: shorter texts are not looked at.
    if text.len() < 16 { None } else { text.parse().ok() }
}

fn shown<'r>(row: impl Iterator<Item = (&'r String, &'r Value)>) -> String {
    let cells = row.map(|(key, value)| format!("{key} = {value}"));
    format!("{{ {} }}", cells.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(expected: Value, found: Value) -> String {
        let expected: Vec<TestRow> = serde_json::from_value(expected).unwrap();
        let found: Vec<Map<String, Value>> = serde_json::from_value(found).unwrap();
        differences("t", &expected, &found).join("\n")
    }

    #[test]
    fn rows_are_compared_in_any_order_by_the_columns_that_are_named() {
        let found = json!([{ "a": 1, "b": "x" }, { "a": 2, "b": "y" }]);
        assert_eq!(check(json!([{ "b": "y" }, { "a": 1 }]), found.clone()), "");
        // The first fits both, the second only one of them.
        assert_eq!(check(json!([{}, { "a": 1 }]), found.clone()), "");
        assert_eq!(
            check(json!([{ "a": 1 }, { "a": 1 }]), found),
            "`t`: no row is { a = 1 }\n`t`: a row too many: { a = 2, b = \"y\" }"
        );
        assert_eq!(check(json!([]), json!([])), "");
    }

    #[test]
    fn a_difference_names_the_row_and_the_column() {
        let found = json!([{ "id": "a", "price": 5.5 }, { "id": "b", "price": null }]);
        let said = check(json!([{ "id": "a", "price": 5.5 }, { "id": "b", "price": 7 }]), found);
        assert_eq!(said, "`t`: the row with id = \"b\": `price` is null, expected 7");
    }

    #[test]
    fn numbers_are_equal_that_nearly_are() {
        for (expected, found, same) in [
            (json!(2.5), json!(2.5000000001), true),
            (json!(2.5), json!(2.500001), false),
            (json!(0.0), json!(-0.0), true),
            (json!(15), json!(15.0), true),
            (json!(9007199254740993_i64), json!(9007199254740992_i64), false),
            (json!("2023-01-01T10:00:00Z"), json!("2023-01-01T11:00:00+01:00"), true),
            (json!("2023-01-01"), json!("2023-01-02"), false),
            (json!([1, 2]), json!([1, 2.0]), true),
            (json!([1, 2]), json!([2, 1]), false),
            (json!(1), json!("1"), false),
            (json!(null), json!(null), true),
        ] {
            assert_eq!(equal(&expected, &found), same, "{expected} {found}");
        }
    }
}
