//! `[[tests]]`: rows in, rows expected.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

use crate::spec::parse::tables::link::Columns;
use crate::spec::parse::value::{Reader, Value, in_order};
use crate::spec::problem::unknown;
use crate::spec::tables::{SpecTest, TablesSpec, TestRow};

const KEYS: [&str; 5] = ["name", "date", "set", "given", "expect"];

impl Reader<'_> {
    pub(super) fn spec_tests(
        &mut self,
        table: &DeTable<'_>,
        spec: &TablesSpec,
        columns: &Columns,
    ) -> Vec<SpecTest> {
        let Some(value) = table.get("tests") else { return Vec::new() };
        let DeValue::Array(list) = value.get_ref() else {
            self.problems.wrong_type(value, "tests", "a list of tables, each `[[tests]]`");
            return Vec::new();
        };
        let mut tests: Vec<SpecTest> = Vec::new();
        for value in list.iter() {
            let Some((span, table)) = self.table(value, "tests") else { continue };
            let test = self.spec_test(span.start, table, spec, columns);
            if !test.name.is_empty() && tests.iter().any(|other| other.name == test.name) {
                self.problems.add(test.at, format!("a second test with the name `{}`", test.name));
            }
            tests.push(test);
        }
        tests
    }

    fn spec_test(
        &mut self,
        at: usize,
        table: &DeTable<'_>,
        spec: &TablesSpec,
        columns: &Columns,
    ) -> SpecTest {
        self.problems.unknown_keys(table, " in a test", &KEYS);
        let mut test = SpecTest {
            name: String::new(),
            date: self.parsed(table, "date", str::parse),
            set: self.settings(table, spec),
            given: BTreeMap::new(),
            expect: BTreeMap::new(),
            at,
        };
        match table.get("name") {
            Some(value) => test.name = self.text(value, "name").unwrap_or_default(),
            None => self.problems.add(at, "the test needs a `name`: what it shows".into()),
        }
        let sources: Vec<&str> = spec.sources.iter().map(|source| source.name.as_str()).collect();
        if let Some((_, given)) = table.get("given").and_then(|value| self.table(value, "given")) {
            for (at, name, value) in in_order(given) {
                if !sources.contains(&name) {
                    self.problems.add(at, unknown("source", name, " in `given`", &sources));
                }
                if let Some(text) = self.text(value, name) {
                    test.given.insert(name.to_owned(), text);
                }
            }
        }
        let expect = table.get("expect").and_then(|value| self.table(value, "expect"));
        let made = spec.all_tasks().map(|task| task.name.as_str());
        let tables: Vec<&str> = made.chain(sources).chain(["rejects"]).collect();
        match expect {
            Some((_, expect)) if !expect.is_empty() => {
                for (at, name, value) in in_order(expect) {
                    if !tables.contains(&name) {
                        self.problems.add(at, unknown("table", name, " in `expect`", &tables));
                    }
                    let rows = self.rows(value, name, columns.get(name));
                    test.expect.insert(name.to_owned(), rows);
                }
            }
            _ if table.contains_key("expect") && expect.is_none() => {}
            _ => {
                let what =
                    "the test needs `expect`: the rows of a table, as in `expect.NAME = [{ column = 1 }]`";
                self.problems.add(at, what.into());
            }
        }
        test
    }

    /// `set` of a test: parameters and values of their types.
    fn settings(&mut self, table: &DeTable<'_>, spec: &TablesSpec) -> BTreeMap<String, String> {
        let mut set = BTreeMap::new();
        let Some((_, table)) = table.get("set").and_then(|value| self.table(value, "set")) else {
            return set;
        };
        let names: Vec<&str> = spec.params.iter().map(|param| param.name.as_str()).collect();
        for (at, name, value) in in_order(table) {
            let Some(param) = spec.params.iter().find(|param| param.name == name) else {
                self.problems.add(at, unknown("parameter", name, " in `set`", &names));
                continue;
            };
            let text = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Integer(number) => number.to_string(),
                DeValue::Float(number) => number.to_string(),
                DeValue::Boolean(flag) => flag.to_string(),
                _ => {
                    self.problems.wrong_type(value, name, param.kind.wanted());
                    continue;
                }
            };
            match param.kind.read(&text) {
                Some(text) => drop(set.insert(name.to_owned(), text)),
                None => self.problems.wrong_type(value, name, param.kind.wanted()),
            }
        }
        set
    }

    fn rows(&mut self, value: &Value<'_>, table: &str, columns: Option<&Vec<String>>) -> Vec<TestRow> {
        let DeValue::Array(list) = value.get_ref() else {
            self.problems.wrong_type(value, table, "a list of rows, as in `[{ column = 1 }]`");
            return Vec::new();
        };
        let mut rows = Vec::new();
        for value in list.iter() {
            let Some((_, row)) = self.table(value, table) else { continue };
            let known: Vec<&str> = columns.into_iter().flatten().map(String::as_str).collect();
            let mut values = TestRow::new();
            for (at, column, value) in in_order(row) {
                if !known.is_empty() && !known.contains(&column) {
                    let place = format!(" of the table `{table}`");
                    self.problems.add(at, unknown("column", column, &place, &known));
                }
                if let Some(value) = self.json(value, column) {
                    values.insert(column.to_owned(), value);
                }
            }
            rows.push(values);
        }
        rows
    }

    /// A value of a row; TOML has no null, so that the text `null` cannot be told from none: leave the column out.
    fn json(&mut self, value: &Value<'_>, key: &str) -> Option<Json> {
        Some(match value.get_ref() {
            DeValue::String(text) => Json::String(text.to_string()),
            DeValue::Boolean(flag) => Json::Bool(*flag),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Json::from(number),
                Err(_) => {
                    self.problems.wrong_type(value, key, "a whole number of 64 bits");
                    return None;
                }
            },
            DeValue::Float(number) => {
                match number.as_str().parse().ok().and_then(serde_json::Number::from_f64) {
                    Some(number) => Json::Number(number),
                    None => {
                        self.problems.wrong_type(value, key, "a number that is neither infinite nor NaN");
                        return None;
                    }
                }
            }
            DeValue::Datetime(moment) => Json::String(moment.to_string()),
            DeValue::Array(list) => {
                Json::Array(list.iter().filter_map(|value| self.json(value, key)).collect())
            }
            DeValue::Table(table) => {
                let members = in_order(table).into_iter();
                let members =
                    members.filter_map(|(_, name, value)| Some((name.to_owned(), self.json(value, name)?)));
                Json::Object(members.collect())
            }
        })
    }
}
