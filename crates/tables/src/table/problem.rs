//! What is wrong with a text in SQL, and where: `average.sql:3:8: unknown column ...`.
//!
//! DataFusion knows the place of most names that it does not find; where it does not say, the first word of that
//! name in the text is the place. Its messages speak of plans and schemas; ours name what was typed.

use datafusion::common::{Column, DataFusionError, SchemaError};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::Error;
use crate::spec::tables::SqlText;
use crate::spec::{Problem, unknown};
use crate::table::impure::IMPURE;

/// A place in a text in SQL: line and column, both from 1.
pub(super) type Place = (u64, u64);

/// A problem at a place in a text in SQL.
///
/// A text that stands in the pipeline file begins somewhere in its first line, so that only the lines behind it
/// have columns.
pub(super) fn at(text: &SqlText, place: Place, message: impl Into<String>) -> Problem {
    let (line, column) = (usize::try_from(place.0).unwrap_or(1), usize::try_from(place.1).unwrap_or(0));
    let inline = has_ending(&text.file, ".toml")
        || text.file.ends_with(" (built in)") && !has_ending(&text.file, ".sql (built in)");
    Problem {
        file: text.file.clone(),
        line: text.line + line.max(1) - 1,
        column: (!inline || line > 1).then_some(column).filter(|column| *column > 0),
        message: message.into(),
    }
}

/// What DataFusion says about a text that it cannot plan: one thing or more.
pub(super) fn all_of(text: &SqlText, error: &DataFusionError) -> Vec<Problem> {
    let mut problems: Vec<Problem> = error.iter().map(|error| of(text, error)).collect();
    problems.dedup();
    problems
}

/// What DataFusion says about a text that it cannot plan, or the first of it.
pub(super) fn of(text: &SqlText, error: &DataFusionError) -> Problem {
    let mut place = None;
    let error = innermost(error, &mut place);
    match error {
        DataFusionError::SQL(error, _) => {
            let (message, found) = parser_message(error);
            // The parser has no place for the end.
            let end = message.ends_with("found the end of the text").then(|| end_of(&text.text));
            at(text, found.or(place).or(end).unwrap_or((1, 1)), message)
        }
        DataFusionError::SchemaError(error, _) => {
            let (message, name) = schema_message(error);
            let place = place.or_else(|| find_word(&text.text, name)).unwrap_or((1, 1));
            at(text, place, message)
        }
        error => {
            let message = plain(&error.message());
            let place = place.or_else(|| quoted(&message).and_then(|name| find_word(&text.text, name)));
            at(text, place.unwrap_or((1, 1)), own_message(&message).unwrap_or(message))
        }
    }
}

/// The error that tells all of them; they are sorted by place.
pub(super) fn into_error(mut problems: Vec<Problem>) -> Error {
    problems.sort();
    problems.dedup();
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Error::Spec { message: lines.join("\n"), hint: "mend the SQL; nothing was run".into() }
}

fn has_ending(file: &str, ending: &str) -> bool {
    file.len() >= ending.len()
        && file.as_bytes()[file.len() - ending.len()..].eq_ignore_ascii_case(ending.as_bytes())
}

/// Takes off what wraps an error, and notes the place that a wrapper knows.
fn innermost<'a>(mut error: &'a DataFusionError, place: &mut Option<Place>) -> &'a DataFusionError {
    loop {
        error = match error {
            DataFusionError::Diagnostic(diagnostic, inner) => {
                if let Some(span) = diagnostic.span {
                    *place = Some((span.start.line, span.start.column));
                }
                inner
            }
            DataFusionError::Context(_, inner) => inner,
            DataFusionError::Shared(inner) => inner,
            DataFusionError::Collection(errors) if !errors.is_empty() => &errors[0],
            error => return error,
        };
    }
}

/// The place behind the last character.
fn end_of(text: &str) -> Place {
    let last = text.rsplit('\n').next().unwrap_or_default();
    let lines = text.matches('\n').count() as u64 + 1;
    (lines, last.chars().count() as u64 + 1)
}

/// A parser's message without the place at its end, and the place.
fn parser_message(error: &ParserError) -> (String, Option<Place>) {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => return ("it is nested too deep".into(), None),
    };
    let (message, place) = text.rsplit_once(" at Line: ").unwrap_or((text, ""));
    let place = place.split_once(", Column: ").and_then(|(line, column)| {
        let digits = column.split(|c: char| !c.is_ascii_digit()).next()?;
        Some((line.trim().parse().ok()?, digits.parse().ok()?))
    });
    // "Expected: an expression, found: FROM"
    let message = message.replace("Expected: ", "expected ").replace(", found: ", ", found ");
    (plain(&message).replace("found EOF", "found the end of the text"), place)
}

/// What is wrong with a column, and its name.
fn schema_message(error: &SchemaError) -> (String, &str) {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            (unknown_column(field, valid_fields), field.name.as_str())
        }
        SchemaError::AmbiguousReference { field } => (
            format!("the column `{0}` is in more than one table: say of which, as in `a.{0}`", field.name),
            field.name.as_str(),
        ),
        SchemaError::DuplicateQualifiedField { name, .. }
        | SchemaError::DuplicateUnqualifiedField { name } => {
            (format!("two columns are named `{name}`: name one of them with AS"), name.as_str())
        }
    }
}

fn unknown_column(field: &Column, valid: &[Column]) -> String {
    let place = field.relation.as_ref().map(|table| format!(" of `{table}`")).unwrap_or_default();
    let of_table = |column: &&Column| field.relation.is_none() || column.relation == field.relation;
    let mut names: Vec<&str> = valid.iter().filter(of_table).map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    // SQL reads a name without quotes in lower case.
    if let Some(same) = names.iter().find(|name| name.eq_ignore_ascii_case(&field.name)) {
        return format!("unknown column `{}`{place}; the name `{same}` needs quotes: \"{same}\"", field.name);
    }
    if names.is_empty() {
        return format!("unknown column `{}`{place}", field.name);
    }
    unknown("column", &field.name, &place, &names)
}

/// DataFusion's word for two columns of one name, or for a function that it does not have, in ours.
fn own_message(message: &str) -> Option<String> {
    if let Some(rest) =
        message.strip_prefix("Projections require unique expression names but the expression \"")
    {
        let name = rest.split('"').next()?.rsplit('.').next()?;
        return Some(format!("two columns are named `{name}`: name one of them with AS"));
    }
    let name = message.strip_prefix("Invalid function '")?.split('\'').next()?;
    if IMPURE.contains(&name) {
        return Some(format!(
            "`{name}` gives another value in each run, so that a rerun would write other rows; use the logical date, `$date`"
        ));
    }
    let near = message.split_once("Did you mean '").and_then(|(_, rest)| rest.split('\'').next());
    Some(match near {
        Some(near) => format!("unknown function `{name}`; did you mean `{near}`?"),
        None => format!("unknown function `{name}`"),
    })
}

/// A message on one line, without what a reader of SQL has no use for.
pub(super) fn plain(message: &str) -> String {
    let message = message.split("\nThis issue was likely caused by").next().unwrap_or(message);
    let message =
        ["Error during planning: ", "Execution error: ", "type_coercion\ncaused by\n", "SQL error: "]
            .iter()
            .fold(message.to_owned(), |text, noise| text.replace(noise, ""));
    let lines: Vec<&str> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ").trim_end_matches('.').to_owned()
}

fn quoted(message: &str) -> Option<&str> {
    message.split('\'').nth(1).filter(|name| !name.is_empty())
}

/// The place of the first word in a text that is a name.
pub(super) fn find_word(sql: &str, name: &str) -> Option<Place> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().ok()?;
    let found = tokens.iter().find(|token| match &token.token {
        Token::Word(word) => word.value.eq_ignore_ascii_case(name),
        Token::SingleQuotedString(text) => text == name,
        _ => false,
    })?;
    Some((found.span.start.line, found.span.start.column))
}
