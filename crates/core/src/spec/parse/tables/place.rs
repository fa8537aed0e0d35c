//! Paths and URLs with parameters, none of which leaves its place.

use crate::error::Setting;
use crate::spec::parse::value::{Reader, Value};
use crate::spec::tables::{Piece, Template, names, pieces};
use crate::store::Pattern;

/// What a place is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Files of a source: what begins with no parameter is within the data folder.
    Source,
    /// A table.
    Table,
}

impl Reader<'_> {
    /// A text in which parameters can stand.
    pub(super) fn template(&mut self, value: &Value<'_>, key: &str) -> Option<Template> {
        let text = self.text(value, key)?;
        let at = value.span().start;
        match pieces(&text) {
            Err(problem) => self.problems.add(at, format!("{key}: {problem}")),
            Ok(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Text(_) => {}
                        Piece::Param(name) => self.unknown_parameter(name, at, key),
                        Piece::Default(name, _) | Piece::Needed(name, _) => {
                            let problem = format!(
                                "{key}: a variable, `${{{name}:...}}`, can stand in [params] only: make a \
                                 parameter of it, and write `{{{}}}` here",
                                name.to_lowercase()
                            );
                            self.problems.add(at, problem);
                        }
                    }
                }
            }
        }
        Some(Template { text, at })
    }

    /// A path or URL.
    pub(super) fn place(&mut self, value: &Value<'_>, key: &str, what: Place) -> Option<Template> {
        let template = self.template(value, key)?;
        if let Err(problem) = check(&template.text, what) {
            self.problems.add(template.at, format!("{key}: {problem}"));
        }
        Some(template)
    }
}

fn check(text: &str, what: Place) -> Result<(), String> {
    let shown = text.escape_debug();
    if text.trim().is_empty() {
        return Err("it must not be empty".into());
    }
    if text.chars().any(char::is_control) {
        return Err(format!("`{shown}` has characters that cannot be seen"));
    }
    if text.split(['/', '\\']).any(|part| part == "..") {
        return Err(format!("`{shown}` leaves its place: it must have no part `..`"));
    }
    let first = pieces(text).unwrap_or_default().into_iter().next();
    let by_parameter = matches!(first, Some(Piece::Param(name)) if name != "date");
    if let Some((scheme, rest)) = text.split_once("://").filter(|_| !by_parameter) {
        return match scheme {
            "gs" | "s3" if rest.split('/').next().is_some_and(|bucket| bucket.contains('@')) => {
                Err("a URL must hold no password: credentials come from the environment".into())
            }
            "gs" | "s3" => Ok(()),
            "postgres" | "postgresql" => {
                let database = Setting::Param("database", "postgres://...");
                Err(format!("a database is named by the parameter `database`: {database}"))
            }
            _ => Err(format!(
                "`{}://` is a URL of an unknown kind; known are gs://, s3://",
                scheme.escape_debug()
            )),
        };
    }
    let drive = text.as_bytes().get(1) == Some(&b':');
    if text.starts_with(['/', '\\', '~']) || drive {
        return Err(format!(
            "`{shown}` is a place on one machine: begin with a parameter, as in `{{{}}}/...`, and set that",
            if what == Place::Source { "data" } else { "out" }
        ));
    }
    if what == Place::Table && !by_parameter {
        return Err(format!("`{shown}` says not where it is; did you mean `{{out}}/{shown}`?"));
    }
    if what == Place::Table && (text == "{data}" || text.starts_with("{data}/")) {
        return Err("`{data}` is what is read; did you mean `{out}`?".into());
    }
    // What has parameters is a pattern once they have their values.
    if what == Place::Source && names(text).iter().all(|name| *name == "date") {
        Pattern::new(text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_within_what_a_run_names() {
        for text in ["{out}/a", "{lake}", "s3://bucket/a", "gs://bucket/{date}", "{lake}://x"] {
            assert_eq!(check(text, Place::Table), Ok(()), "{text}");
        }
        for text in ["*.csv", "{date}.csv", "a/b..c.csv", "{input}", "{data}/x/*.json", "s3://b/*.csv"] {
            assert_eq!(check(text, Place::Source), Ok(()), "{text}");
        }
        for (text, why) in [
            ("", "must not be empty"),
            ("a\u{7}", "cannot be seen"),
            ("{out}/../x", "leaves its place"),
            ("..\\x", "leaves its place"),
            ("/etc/passwd", "a place on one machine"),
            ("~/x", "a place on one machine"),
            ("C:\\x", "a place on one machine"),
            ("https://example.org/x", "URL of an unknown kind"),
            ("postgres://u:p@h/d", "by the parameter `database`"),
            ("s3://key:secret@bucket/x", "no password"),
            ("gold/a", "did you mean `{out}/gold/a`?"),
            ("{date}/a", "did you mean `{out}/{date}/a`?"),
            ("{data}/a", "did you mean `{out}`?"),
        ] {
            let told = check(text, Place::Table).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
        for (text, why) in
            [("a[.csv", "a[.csv"), ("./a.csv", "within the data folder"), ("/a.csv", "`{data}/...`")]
        {
            let told = check(text, Place::Source).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}
