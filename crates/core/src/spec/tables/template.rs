//! Texts with parameters in them: `{date}`, `{lake}`, and in `[params]` also `${VAR:-default}` and `${VAR:?why}`.

use std::collections::BTreeMap;
use std::fmt;

use crate::spec::LogicalDate;

/// A text with parameters, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The text.
    pub text: String,
    /// Byte offset in the pipeline file.
    pub at: usize,
}

impl Template {
    /// Tells whether `{name}` stands in it.
    #[must_use]
    pub fn uses(&self, name: &str) -> bool {
        self.text.contains(&format!("{{{name}}}"))
    }
}

/// A parameter: a name, what it is unless `--set` says otherwise, and its type, which is that of the value in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Its name: letters, digits and `_`, no digit first.
    pub name: String,
    /// Its value unless it is set.
    pub value: Template,
    /// What its values are.
    pub kind: ParamType,
}

/// The types that a parameter can have: bound to `$name` in SQL as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// True or false.
    Boolean,
}

impl ParamType {
    /// Says what a value has to be, as in "must be a whole number".
    #[must_use]
    pub fn wanted(self) -> &'static str {
        match self {
            Self::String => "a text",
            Self::Integer => "a whole number",
            Self::Float => "a number",
            Self::Boolean => "true or false",
        }
    }

    /// Reads a value that was set: the same in one form, or nothing if it is of another type.
    #[must_use]
    pub fn read(self, text: &str) -> Option<String> {
        let trimmed = text.trim();
        match self {
            Self::String => Some(text.to_owned()),
            Self::Integer => trimmed.parse::<i64>().ok().map(|number| number.to_string()),
            Self::Float => {
                let number = trimmed.parse::<f64>().ok().filter(|number| number.is_finite());
                number.map(|_| trimmed.to_owned())
            }
            Self::Boolean => ["true", "false"].contains(&trimmed).then(|| trimmed.to_owned()),
        }
    }
}

/// What a run gives to a pipeline file.
pub struct Given<'a> {
    /// The data folder: `{data}`.
    pub data: String,
    /// The output folder or URL, without a slash at its end: `{out}`.
    pub out: String,
    /// The logical date: `{date}`.
    pub date: Option<LogicalDate>,
    /// Parameters that were set.
    pub set: BTreeMap<String, String>,
    /// The environment, which only the binary reads.
    pub env: &'a (dyn Fn(&str) -> Option<String> + Sync),
}

/// The parameters of one run: `data`, `out`, `date` and those of the file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Name -> type and value; `date`, and what is made of it, only if there is one.
    pub values: BTreeMap<String, (ParamType, String)>,
    /// The logical date, which is bound to `$date` as a day.
    pub date: Option<LogicalDate>,
    /// Parameters that begin with a slash because another one is empty: name -> the empty one. As a place they would be
    /// at the root of the file system.
    pub at_root: BTreeMap<String, String>,
}

/// Names alone: a value may hold a password.
impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.values.keys().collect();
        f.debug_struct("Resolved").field("names", &names).field("date", &self.date).finish()
    }
}

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// Text as it stands.
    Text(&'t str),
    /// `{name}`
    Param(&'t str),
    /// `${NAME:-default}`; the default is a template again.
    Default(&'t str, &'t str),
    /// `${NAME:?why}`
    Needed(&'t str, &'t str),
}

/// Takes a template apart. Braces that hold no name stand for themselves: `*.{csv,json}`.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let variable = rest[..at].ends_with('$');
        let (before, inner) = (&rest[..at - usize::from(variable)], &rest[at + 1..]);
        let end = closing(inner);
        let piece = match end.map(|end| &inner[..end]) {
            Some(inner) if variable => Some(environment(inner)?),
            None if variable => return Err("`${` without its `}`".into()),
            Some(inner) if is_name(inner) => Some(Piece::Param(inner)),
            _ => None,
        };
        let (shown, next) = match (&piece, end) {
            (Some(_), Some(end)) => (before, at + 1 + end + 1),
            // The brace itself is text; what it holds is looked at again.
            _ => (&rest[..=at], at + 1),
        };
        if !shown.is_empty() {
            pieces.push(Piece::Text(shown));
        }
        pieces.extend(piece);
        rest = &rest[next..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// Where the brace is that closes the one before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What stands between `${` and `}`.
fn environment(inner: &str) -> Result<Piece<'_>, String> {
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    if !is_name(name) {
        return Err(format!("`${{{}}}` names no variable", inner.escape_debug()));
    }
    match (rest.strip_prefix(":-"), rest.strip_prefix(":?")) {
        (Some(default), _) => Ok(Piece::Default(name, default)),
        (_, Some(why)) => Ok(Piece::Needed(name, why)),
        _ => Err(format!(
            "`${{{}}}` must say what is meant without the variable: `${{{name}:-default}}`, or \
             `${{{name}:?why it is needed}}`",
            inner.escape_debug()
        )),
    }
}

/// The parameters that a template names, those within defaults among them.
pub(crate) fn names(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for piece in pieces(text).unwrap_or_default() {
        match piece {
            Piece::Param(name) => found.push(name),
            Piece::Default(_, default) => found.extend(names(default)),
            Piece::Text(_) | Piece::Needed(..) => {}
        }
    }
    found
}

/// What a table, a column or a parameter can be called: letters of ASCII, digits and `_`, no digit first.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_taken_apart() {
        use Piece::{Default, Needed, Param, Text};
        for (text, expect) in [
            ("", vec![]),
            ("plain", vec![Text("plain")]),
            ("{lake}/a", vec![Param("lake"), Text("/a")]),
            ("a{b}{c}", vec![Text("a"), Param("b"), Param("c")]),
            ("${A:-{out}}/x", vec![Default("A", "{out}"), Text("/x")]),
            ("${A:-}", vec![Default("A", "")]),
            ("x${A:?say it}", vec![Text("x"), Needed("A", "say it")]),
            ("$5 {a}", vec![Text("$5 "), Param("a")]),
        ] {
            assert_eq!(pieces(text).unwrap(), expect, "{text}");
        }
        for text in ["*.{csv,json}", "{", "}", "a{1}b", "{}", "{a", "{a b}"] {
            let told: String = pieces(text)
                .unwrap()
                .iter()
                .map(|piece| match piece {
                    Text(text) => *text,
                    other => panic!("{text}: {other:?}"),
                })
                .collect();
            assert_eq!(told, text);
        }
        assert_eq!(names("{a,{b}}"), ["b"]);
        for text in ["${A}", "${A", "${}", "${A:=x}", "${1:-x}"] {
            assert!(pieces(text).is_err(), "{text}");
        }
        assert_eq!(names("{a}${B:-{c}/${D:-{e}}}{f,g}"), ["a", "c", "e"]);
    }
}
