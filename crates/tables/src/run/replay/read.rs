//! Corrections as people write them: a JSON array, JSON lines, or CSV.
//!
//! Each names `source`, `file` and `line` as `pipeline rejects` shows them, and the columns with their right text:
//! beside these names, or in an object `record`. So the answer of `pipeline rejects --format json` can be edited and
//! given back.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{Action, Error, Result};
use crate::run::corrections::Line;
use crate::spec::tables::{TableSource, TablesSpec};

/// Names that are no columns.
const OWN: [&str; 7] = ["source", "file", "line", "raw", "codes", "fields", "record"];

/// Reads corrections.
pub(super) fn read(spec: &TablesSpec, text: &str, name: &str) -> Result<Vec<Line>> {
    let text = text.trim_start_matches('\u{feff}');
    let rows = match text.trim_start().as_bytes().first() {
        Some(b'[' | b'{') => objects(text, name)?,
        Some(_) => csv(text, name)?,
        None => Vec::new(),
    };
    if rows.is_empty() {
        return Err(wrong(name, "it holds no correction"));
    }
    let mut lines = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let line =
            line(spec, row).map_err(|problem| wrong(name, &format!("correction {}: {problem}", at + 1)))?;
        // One that was not changed is no correction: a list of rejects may be given back as a whole.
        if !line.record.is_empty() {
            lines.push(line);
        }
    }
    Ok(lines)
}

fn wrong(name: &str, problem: &str) -> Error {
    Error::Input {
        message: format!("`{name}`: {problem}"),
        hint: format!(
            "give a JSON array, JSON lines or CSV with `source`, `file`, `line` and the corrected columns, as {} \
             shows them",
            Action::Rejects
        ),
    }
}

/// The objects of a list, of an answer of `pipeline rejects`, or of lines.
fn objects(text: &str, name: &str) -> Result<Vec<Map<String, Value>>> {
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.map_err(|error| wrong(name, &error.to_string()))?;
        let list = match value {
            Value::Array(list) => list,
            Value::Object(mut answer) if answer.get("rejects").is_some_and(Value::is_array) => {
                match answer.remove("rejects") {
                    Some(Value::Array(list)) => list,
                    _ => Vec::new(),
                }
            }
            other => vec![other],
        };
        for value in list {
            let Value::Object(object) = value else {
                return Err(wrong(name, "a correction is a JSON object"));
            };
            found.push(object);
        }
    }
    Ok(found)
}

fn csv(text: &str, name: &str) -> Result<Vec<Map<String, Value>>> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| wrong(name, &error.to_string()))?.clone();
    let mut found = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| wrong(name, &error.to_string()))?;
        let cells = header.iter().zip(row.iter());
        // What is left empty is not corrected; an empty value is given in JSON.
        let cells = cells.filter(|(_, cell)| !cell.is_empty());
        found.push(cells.map(|(key, cell)| (key.to_owned(), Value::from(cell))).collect());
    }
    Ok(found)
}

fn line(spec: &TablesSpec, row: &Map<String, Value>) -> Result<Line, String> {
    let source = match (row.get("source").and_then(Value::as_str), spec.sources.as_slice()) {
        (Some(name), _) => spec.source(name).ok_or_else(|| {
            let names: Vec<&str> = spec.sources.iter().map(|source| source.name.as_str()).collect();
            format!("there is no source `{name}`; there are {}", names.join(", "))
        })?,
        (None, [only]) => only,
        (None, _) => return Err("it does not say of which `source` it is".into()),
    };
    let file = row.get("file").and_then(Value::as_str).ok_or("it does not say in which `file` the row is")?;
    let line = row.get("line").and_then(|line| match line {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    });
    let line = line.ok_or("it does not say on which `line` the row is")?;
    let mut record = BTreeMap::new();
    let inner = match row.get("record") {
        Some(Value::Object(inner)) => inner.clone(),
        // As the table of rejects has it: an object in a text.
        Some(Value::String(text)) => {
            serde_json::from_str(text).map_err(|error| format!("`record` is no JSON object: {error}"))?
        }
        _ => Map::new(),
    };
    let flat = row.iter().filter(|(key, _)| !OWN.contains(&key.as_str()) || column(source, key).is_some());
    // A source may have a column called `file`; then it is corrected in `record`.
    let flat = flat.filter(|(key, _)| !OWN.contains(&key.as_str()));
    for (key, value) in inner.iter().chain(flat) {
        let column = column(source, key).ok_or_else(|| {
            let names: Vec<&str> = source.columns.iter().map(|column| column.name.as_str()).collect();
            format!("`{}` has no column `{key}`; it has {}", source.name, names.join(", "))
        })?;
        record.insert(column, text_of(value));
    }
    let raw = row.get("raw").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Line { source: source.name.clone(), file: file.to_owned(), line, raw, record })
}

/// The name that rejects use for a column.
fn column(source: &TableSource, name: &str) -> Option<String> {
    let of = |column: &&crate::spec::tables::Column| column.name == name;
    source.columns.iter().find(of).map(|column| column.name.clone())
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::tables::{Column, ColumnType, NumberStyle};

    fn spec(sources: &[&str]) -> TablesSpec {
        let column = |name: &str| Column {
            name: name.into(),
            from: name.into(),
            kind: ColumnType::String,
            required: false,
            nulls: Vec::new(),
            number: NumberStyle::default(),
            at: 0,
        };
        let source = |name: &&str| TableSource {
            name: name.to_string(),
            path: Vec::new(),
            format: None,
            encoding: None,
            columns: vec![column("id"), column("price")],
            key: Vec::new(),
            reject: BTreeMap::new(),
            date_order: crate::clean::DateOrder::default(),
            max_rejects: crate::spec::MaxRejects::default(),
            at: 0,
        };
        TablesSpec { sources: sources.iter().map(source).collect(), ..TablesSpec::empty("p", "p.toml") }
    }

    fn shown(text: &str) -> String {
        match read(&spec(&["s"]), text, "fix") {
            Ok(lines) => {
                let line = |l: &Line| format!("{} {}:{} {:?}", l.source, l.file, l.line, l.record);
                lines.iter().map(line).collect::<Vec<_>>().join("; ")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn corrections_are_read_in_every_form() {
        let expect = r#"s a.csv:3 {"price": "5"}"#;
        for text in [
            r#"[{"source": "s", "file": "a.csv", "line": 3, "price": "5"}]"#,
            r#"{"source": "s", "file": "a.csv", "line": "3", "record": {"price": 5}}"#,
            r#"{"rejects": [{"source": "s", "file": "a.csv", "line": 3, "codes": ["x"], "record": "{\"price\": \"5\"}"}]}"#,
            "source,file,line,price\ns,a.csv,3,5\n",
            "\u{feff}file,line,id,price\r\na.csv,3,,5\r\n",
        ] {
            assert_eq!(shown(text), expect, "{text}");
        }
        let two =
            "{\"file\": \"a\", \"line\": 1, \"id\": \"x\"}\n{\"file\": \"a\", \"line\": 2, \"id\": null}\n";
        assert_eq!(shown(two), r#"s a:1 {"id": "x"}; s a:2 {"id": ""}"#);
    }

    #[test]
    fn what_is_no_correction_is_told() {
        for (text, why) in [
            ("", "no correction"),
            ("[]", "no correction"),
            ("[1]", "is a JSON object"),
            ("{\"file\": ", "EOF"),
            (r#"{"line": 1, "id": "x"}"#, "in which `file`"),
            (r#"{"file": "a", "id": "x"}"#, "on which `line`"),
            (r#"{"file": "a", "line": 1, "prize": "x"}"#, "no column `prize`; it has id, price"),
            (r#"{"source": "t", "file": "a", "line": 1}"#, "no source `t`"),
        ] {
            assert!(shown(text).contains(why), "{text}: {}", shown(text));
        }
        let error = read(&spec(&["s", "t"]), r#"{"file": "a", "line": 1, "id": "x"}"#, "fix").unwrap_err();
        assert!(error.to_string().contains("of which `source`"), "{error}");
    }
}
