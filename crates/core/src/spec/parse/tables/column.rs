//! The columns of a source: name and type, or a table that says more.

use toml::de::{DeTable, DeValue};

use crate::spec::parse::value::{Reader, Value, in_order};
use crate::spec::problem::unknown;
use crate::spec::tables::{Column, ColumnType, NumberStyle};

const KEYS: [&str; 5] = ["type", "from", "required", "nulls", "number"];
/// What others call our types.
const OTHER_NAMES: [(&str, ColumnType); 12] = [
    ("text", ColumnType::String),
    ("varchar", ColumnType::String),
    ("utf8", ColumnType::String),
    ("bigint", ColumnType::Integer),
    ("long", ColumnType::Integer),
    ("double", ColumnType::Float),
    ("real", ColumnType::Float),
    ("number", ColumnType::Float),
    ("decimal", ColumnType::Float),
    ("datetime", ColumnType::Timestamp),
    ("time", ColumnType::Timestamp),
    ("money", ColumnType::Price),
];

impl Reader<'_> {
    pub(super) fn columns(&mut self, table: &DeTable<'_>) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for (at, name, value) in in_order(table) {
            self.name(at, name, "a column");
            if let Some(other) = columns.iter().find(|other| other.name.eq_ignore_ascii_case(name)) {
                let problem = format!("the columns `{}` and `{name}` differ in case only", other.name);
                self.problems.add(at, problem);
            }
            let column = Column {
                name: name.to_owned(),
                from: name.to_owned(),
                kind: ColumnType::String,
                required: false,
                nulls: Vec::new(),
                number: NumberStyle::default(),
                at,
            };
            columns.push(self.column(column, value));
        }
        columns
    }

    fn column(&mut self, mut column: Column, value: &Value<'_>) -> Column {
        let name = column.name.clone();
        match value.get_ref() {
            DeValue::String(_) => column.kind = self.column_type(value, &name).unwrap_or(column.kind),
            DeValue::Table(table) => {
                self.problems.unknown_keys(table, &format!(" in the column `{name}`"), &KEYS);
                match table.get("type") {
                    None => {
                        let problem = format!("the column `{name}` needs a `type`: {}", all().join(", "));
                        self.problems.add(column.at, problem);
                    }
                    Some(value) => column.kind = self.column_type(value, "type").unwrap_or(column.kind),
                }
                if let Some(value) = table.get("from") {
                    column.from = self.text(value, "from").unwrap_or(column.from);
                    if column.from.trim().is_empty() {
                        self.problems.add(value.span().start, "from: it must not be empty".into());
                    }
                }
                column.required = self.flag(table, "required").unwrap_or_default();
                if let Some(value) = table.get("nulls") {
                    column.nulls = self.texts(value, "nulls").into_iter().map(|(_, text)| text).collect();
                }
                self.number_style(table, &mut column);
            }
            _ => {
                let problem = format!("a type, or a table, as in `{name} = {{ type = \"float\" }}`");
                self.problems.wrong_type(value, &name, &problem);
            }
        }
        column
    }

    fn column_type(&mut self, value: &Value<'_>, key: &str) -> Option<ColumnType> {
        let text = self.text(value, key)?;
        let found = ColumnType::ALL.into_iter().find(|kind| kind.name() == text);
        if found.is_none() {
            let place = format!(" of `{key}`");
            let other = OTHER_NAMES.iter().find(|(other, _)| text.eq_ignore_ascii_case(other));
            let problem = match other {
                Some((_, kind)) => {
                    format!("unknown type `{text}`{place}; did you mean `{}`?", kind.name())
                }
                None => unknown("type", &text, &place, &all()),
            };
            self.problems.add(value.span().start, problem);
        }
        found
    }

    fn number_style(&mut self, table: &DeTable<'_>, column: &mut Column) {
        let styles = NumberStyle::ALL.map(|style| (style.name(), style));
        let Some(style) = self.choice(table, "number", &styles) else { return };
        let numbers = [ColumnType::Integer, ColumnType::Float, ColumnType::Price];
        if numbers.contains(&column.kind) {
            column.number = style;
        } else if let Some((key, _)) = table.get_key_value("number") {
            let problem =
                format!("`number` is for numbers only: `{}` is a {}", column.name, column.kind.name());
            self.problems.add(key.span().start, problem);
        }
    }
}

fn all() -> Vec<&'static str> {
    ColumnType::ALL.map(ColumnType::name).to_vec()
}
