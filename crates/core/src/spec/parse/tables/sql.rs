//! SQL: a file in the folder of the pipeline's name, or the text itself.

use crate::spec::parse::value::{Reader, Value};
use crate::spec::problem::near;
use crate::spec::sql_files::stays_inside;
use crate::spec::tables::SqlText;

impl Reader<'_> {
    /// The value of `sql`; what has white space in it is no file name.
    pub(super) fn sql(&mut self, value: &Value<'_>) -> Option<SqlText> {
        let text = self.text(value, "sql")?;
        if text.trim().chars().any(char::is_whitespace) {
            return self.inline_sql(value, "sql");
        }
        let at = value.span().start;
        if text.trim().is_empty() {
            self.problems.add(at, "sql: it must not be empty".into());
            return None;
        }
        let shown = text.escape_debug();
        if !stays_inside(&text) {
            self.problems.add(at, format!("sql: `{shown}` leaves the folder of the pipeline's SQL files"));
            return None;
        }
        let names = self.sql.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let meant = near(&text, &names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        if !text.ends_with(".sql") {
            let problem = format!("sql: `{shown}` is neither SQL nor a file that ends in `.sql`{meant}");
            self.problems.add(at, problem);
            return None;
        }
        match self.sql.read(&text) {
            Ok(Some(sql)) if sql.trim().is_empty() => {
                self.problems.add(at, format!("sql: the file `{shown}` is empty"));
                None
            }
            Ok(Some(sql)) => Some(SqlText { file: self.shown(&text), line: 1, text: sql }),
            Ok(None) => {
                let problem = format!("sql: there is no file `{}`{meant}", self.shown(&text));
                self.problems.add(at, problem);
                None
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                self.problems.add(at, format!("sql: {error}{}", cause.unwrap_or_default()));
                None
            }
        }
    }

    /// What messages call an SQL file.
    fn shown(&self, name: &str) -> String {
        let file = self.problems.file;
        let pipeline = file.split(".toml").next().unwrap_or(file);
        self.sql.shown(pipeline, name)
    }

    /// SQL that stands in the pipeline file.
    pub(super) fn inline_sql(&mut self, value: &Value<'_>, key: &str) -> Option<SqlText> {
        let text = self.text(value, key)?;
        let at = value.span().start;
        if text.trim().is_empty() {
            self.problems.add(at, format!("{key}: it must not be empty"));
            return None;
        }
        // A line break right behind three quotes is no part of the text.
        let raw = self.problems.text_from(at);
        let quotes = raw.strip_prefix("\"\"\"").or_else(|| raw.strip_prefix("'''"));
        let below = quotes.is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"));
        let line = self.problems.line(at) + usize::from(below);
        Some(SqlText { file: self.problems.file.to_owned(), line, text })
    }
}
