//! Parameters -> values, for one run.
//!
//! A value is never looked at again: braces, dollars, SQL or shell text in it are text. What needs a day that was not
//! named is left out, and told when it is used: `pipeline sql` needs no day to find a table.

use std::collections::BTreeSet;

use crate::error::{Error, Result, Setting};
use crate::spec::problem::unknown;
use crate::spec::tables::joined::Joined;
use crate::spec::tables::template::{Piece, pieces};
use crate::spec::tables::{Given, ParamType, Resolved, TablesSpec, Template};

/// The parameters that every pipeline has: they are flags of their own.
pub(crate) const GIVEN: [&str; 3] = ["data", "out", "date"];

impl TablesSpec {
    /// Gives every parameter its value: that which was set, else that of the file, where the environment may speak.
    ///
    /// # Errors
    ///
    /// An unknown parameter, a value of another type, a variable that the file says it needs, and two tasks that
    /// would write to the same or to nested places.
    pub fn resolve(&self, given: &Given<'_>) -> Result<Resolved> {
        let mut resolved = Resolved { date: given.date, ..Resolved::default() };
        let text = |value: &str| (ParamType::String, value.to_owned());
        resolved.values.insert("data".into(), text(&given.data));
        resolved.values.insert("out".into(), text(&given.out));
        if let Some(date) = given.date {
            resolved.values.insert("date".into(), text(&date.to_string()));
        }
        for (name, value) in &given.set {
            resolved.values.insert(name.clone(), self.set(name, value)?);
        }
        for param in &self.params {
            self.fill(&param.name, given, &mut resolved, 0)?;
        }
        self.check_places(&resolved)?;
        Ok(resolved)
    }

    /// The parameters that a text is made of, at whatever remove.
    #[must_use]
    pub fn made_of(&self, template: &Template) -> BTreeSet<&str> {
        let (mut found, mut open) = (BTreeSet::new(), vec![template]);
        while let Some(template) = open.pop() {
            let params = self.params.iter().filter(|param| template.uses(&param.name));
            open.extend(params.filter(|param| found.insert(param.name.as_str())).map(|param| &param.value));
        }
        found
    }

    /// The parameters that the address of the webhook is made of.
    #[must_use]
    pub fn webhook_params(&self) -> BTreeSet<&str> {
        let webhook = self.on_failure.as_ref().and_then(|on_failure| on_failure.webhook.as_ref());
        webhook.map(|webhook| self.made_of(webhook)).unwrap_or_default()
    }

    /// A value that was set, if there is such a parameter and it is of its type.
    fn set(&self, name: &str, value: &str) -> Result<(ParamType, String)> {
        let Some(param) = self.params.iter().find(|param| param.name == name) else {
            let names: Vec<&str> = self.params.iter().map(|param| param.name.as_str()).collect();
            let message = unknown("parameter", name, &format!(" of the pipeline `{}`", self.name), &names);
            let own = |setting| format!("that is a setting of its own: {setting}");
            let hint = match name {
                "data" => own(Setting::Data),
                "out" => own(Setting::Out),
                "date" => own(Setting::Date),
                _ if names.is_empty() => {
                    format!("it has no parameters at all: leave out {}", Setting::Params)
                }
                _ => format!("the parameters stand in [params] of `{}`", self.file),
            };
            return Err(Error::Call { message, hint });
        };
        let refuse = |problem: &str| Error::Call {
            message: format!("the parameter `{name}` of the pipeline `{}` {problem}", self.name),
            hint: format!("its type is that of its value in [params] of `{}`", self.file),
        };
        if value.chars().any(char::is_control) {
            return Err(refuse("was set to a text with control characters"));
        }
        let read = param.kind.read(value);
        read.map(|value| (param.kind, value))
            .ok_or_else(|| refuse(&format!("must be {}", param.kind.wanted())))
    }

    /// Makes sure that a parameter has its value, and before it those that its value names.
    fn fill(&self, name: &str, given: &Given<'_>, resolved: &mut Resolved, depth: usize) -> Result<()> {
        if resolved.values.contains_key(name) || depth > self.params.len() {
            return Ok(());
        }
        let Some(param) = self.params.iter().find(|param| param.name == name) else { return Ok(()) };
        if let Some(Joined { text, at_root, .. }) =
            self.value(name, &param.value.text, given, resolved, depth)?
        {
            resolved.at_root.extend(at_root.map(|empty| (name.to_owned(), empty)));
            resolved.values.insert(name.to_owned(), (param.kind, text));
        }
        Ok(())
    }

    /// The value of a template in `[params]`; none if it needs a day and there is none.
    fn value(
        &self,
        param: &str,
        text: &str,
        given: &Given<'_>,
        resolved: &mut Resolved,
        depth: usize,
    ) -> Result<Option<Joined>> {
        let mut value = Joined::default();
        for piece in pieces(text).map_err(|problem| self.wrong(param, &problem))? {
            // As in a shell, a variable that is set but empty is not set.
            let env = |name: &str| (given.env)(name).filter(|value| !value.is_empty());
            match piece {
                Piece::Text(text) => value.literal(text),
                Piece::Param(name) => {
                    self.fill(name, given, resolved, depth + 1)?;
                    match resolved.values.get(name) {
                        Some((_, inner)) => value.value(inner, name, resolved.at_root.get(name))?,
                        None => return Ok(None),
                    }
                }
                Piece::Default(name, default) => match env(name) {
                    Some(inner) => value.value(&inner, param, None)?,
                    None => match self.value(param, default, given, resolved, depth + 1)? {
                        Some(inner) => value.value(&inner.text, param, inner.at_root.as_ref())?,
                        None => return Ok(None),
                    },
                },
                Piece::Needed(name, why) => match env(name) {
                    Some(inner) => value.value(&inner, param, None)?,
                    None => {
                        return Err(Error::Input {
                            message: format!(
                                "the parameter `{param}` of the pipeline `{}` has no value: {}",
                                self.name,
                                if why.is_empty() { "it has to be given" } else { why }
                            ),
                            hint: format!(
                                "set the variable {name}, or give {}",
                                Setting::Param(param, "VALUE")
                            ),
                        });
                    }
                },
            }
        }
        Ok(Some(value))
    }

    fn wrong(&self, param: &str, problem: &str) -> Error {
        Error::Spec {
            message: format!("{}: the parameter `{param}`: {problem}", self.file),
            hint: "mend the pipeline file; nothing was run".into(),
        }
    }
}

impl Resolved {
    /// A text with every parameter in its place.
    ///
    /// # Errors
    ///
    /// `{date}` without a day, and a value that would leave its place: one that does not stand at the beginning has no
    /// part `..`, and one before a slash at the beginning is not empty.
    pub fn text(&self, template: &Template) -> Result<String> {
        let mut text = Joined::default();
        let pieces = pieces(&template.text)
            .map_err(|message| Error::Spec { message, hint: "mend the pipeline file".into() })?;
        for piece in pieces {
            match piece {
                Piece::Text(piece) => text.literal(piece),
                Piece::Param(name) => match self.values.get(name) {
                    Some((_, value)) => text.value(value, name, self.at_root.get(name))?,
                    None => {
                        return Err(Error::Input {
                            message: format!("`{}` needs a day: none was named", template.text),
                            hint: format!("name the day with {} YYYY-MM-DD", Setting::Date),
                        });
                    }
                },
                Piece::Default(name, _) | Piece::Needed(name, _) => {
                    return Err(Error::Spec {
                        message: format!(
                            "`{}`: the variable {name} can stand in [params] only",
                            template.text
                        ),
                        hint: "make a parameter of it".into(),
                    });
                }
            }
        }
        match text.at_root {
            None => Ok(text.text),
            Some(name) => Err(Error::Input {
                message: format!(
                    "the parameter `{name}` is empty: `{}` would be `{}`, at the root of the file system",
                    template.text, text.text
                ),
                hint: format!(
                    "give `{name}` a folder or a URL, with {} or in the pipeline file",
                    Setting::Params
                ),
            }),
        }
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::tables::Param;

    fn spec(params: &[(&str, ParamType, &str)]) -> TablesSpec {
        let param = |(name, kind, value): &(&str, ParamType, &str)| Param {
            name: (*name).into(),
            kind: *kind,
            value: Template { text: (*value).into(), at: 0 },
        };
        TablesSpec { params: params.iter().map(param).collect(), ..TablesSpec::empty("p", "p.toml") }
    }

    fn resolve(spec: &TablesSpec, set: &[(&str, &str)], date: Option<&str>) -> Result<Resolved, String> {
        let env = |name: &str| match name {
            "LAKE" => Some("s3://lake".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let given = Given {
            data: "data/p".into(),
            out: "result/p".into(),
            date: date.map(|date| date.parse().unwrap()),
            set: set.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
            env: &env,
        };
        spec.resolve(&given).map_err(|error| format!("{error}; {}", error.hint()))
    }

    fn text(resolved: &Resolved, text: &str) -> Result<String, String> {
        resolved
            .text(&Template { text: text.into(), at: 0 })
            .map_err(|error| format!("{error}; {}", error.hint()))
    }

    #[test]
    fn a_parameter_is_what_was_set_else_the_environment_else_the_file() {
        use ParamType::{Boolean, Float, Integer, String};
        let spec = spec(&[
            ("gold", String, "{lake}/gold"),
            ("lake", String, "${LAKE:-{out}}"),
            ("other", String, "${EMPTY:-{out}/${NOT:-x}}"),
            ("rule", String, "robust"),
            ("limit", Integer, "3"),
            ("share", Float, "0.5"),
            ("strict", Boolean, "false"),
        ]);
        let resolved = resolve(&spec, &[("limit", " 007 "), ("share", "1e3")], None).unwrap();
        assert_eq!(text(&resolved, "{gold}/a").unwrap(), "s3://lake/gold/a");
        assert_eq!(text(&resolved, "{other}|{rule}|{strict}").unwrap(), "result/p/x|robust|false");
        assert_eq!(resolved.values["limit"], (Integer, "7".into()));
        assert_eq!(resolved.values["share"], (Float, "1e3".into()));
        let resolved = resolve(&spec, &[("lake", "../lake"), ("rule", "{lake}'; DROP TABLE x; $(rm)")], None);
        let resolved = resolved.unwrap();
        assert_eq!(text(&resolved, "{gold}").unwrap(), "../lake/gold");
        assert_eq!(resolved.get("rule"), Some("{lake}'; DROP TABLE x; $(rm)"));
        assert!(!format!("{resolved:?}").contains("DROP"), "a value may be a password");
    }

    #[test]
    fn what_cannot_be_set_is_told_with_what_to_do() {
        use ParamType::{Boolean, Float, Integer, String};
        let spec = spec(&[
            ("lake", String, ""),
            ("limit", Integer, "3"),
            ("share", Float, "0.5"),
            ("strict", Boolean, "false"),
        ]);
        for (key, value, why) in [
            ("lke", "x", "unknown parameter `lke` of the pipeline `p`; did you mean `lake`?"),
            ("date", "2026-01-01", "that is a setting of its own: `date`"),
            ("limit", "3.5", "the parameter `limit` of the pipeline `p` must be a whole number"),
            ("limit", "99999999999999999999", "must be a whole number"),
            ("share", "NaN", "must be a number"),
            ("share", "1e400", "must be a number"),
            ("strict", "yes", "must be true or false"),
            ("lake", "a\nb", "control characters"),
        ] {
            let told = resolve(&spec, &[(key, value)], None).unwrap_err();
            assert!(told.contains(why), "{key}={value}: {told}");
        }
    }

    #[test]
    fn what_the_file_asks_for_is_needed_unless_it_is_set() {
        let spec = spec(&[("lake", ParamType::String, "${NOT:?where the lake is}")]);
        assert_eq!(
            resolve(&spec, &[], None).unwrap_err(),
            "the parameter `lake` of the pipeline `p` has no value: where the lake is; \
             set the variable NOT, or give `lake` = VALUE"
        );
        assert_eq!(resolve(&spec, &[("lake", "here")], None).unwrap().get("lake"), Some("here"));
    }

    #[test]
    fn a_day_is_needed_where_it_is_used() {
        let spec = spec(&[("day", ParamType::String, "{out}/{date}")]);
        let resolved = resolve(&spec, &[], Some("2026-11-21")).unwrap();
        assert_eq!(text(&resolved, "{day}/{date}.csv").unwrap(), "result/p/2026-11-21/2026-11-21.csv");
        let resolved = resolve(&spec, &[], None).unwrap();
        assert_eq!(text(&resolved, "{out}/x").unwrap(), "result/p/x");
        for template in ["{date}.csv", "{day}"] {
            let told = text(&resolved, template).unwrap_err();
            assert!(
                told.ends_with("needs a day: none was named; name the day with `date` YYYY-MM-DD"),
                "{told}"
            );
        }
    }

    #[test]
    fn a_value_within_a_text_does_not_climb() {
        let spec = spec(&[("region", ParamType::String, "eu"), ("dot", ParamType::String, "")]);
        for (key, value) in [("region", "../x"), ("region", "a/.."), ("region", "a\\..\\b"), ("dot", ".")] {
            let resolved = resolve(&spec, &[(key, value)], None).unwrap();
            let told = text(&resolved, "{out}/{region}/.{dot}/x").unwrap_err();
            assert!(told.contains(&format!("the parameter `{key}` would leave its place")), "{told}");
        }
        let resolved = resolve(&spec, &[("region", "a..b")], None).unwrap();
        assert_eq!(text(&resolved, "{out}/{region}").unwrap(), "result/p/a..b");
    }

    #[test]
    fn an_empty_value_does_not_put_everything_at_the_root() {
        let spec = spec(&[
            ("lake", ParamType::String, "${LAKE:-{out}}"),
            ("gold", ParamType::String, "{lake}/gold"),
            ("database", ParamType::String, "${EMPTY:-}"),
        ]);
        for (set, place) in [("lake", "{lake}/gold"), ("lake", "{gold}/average"), ("gold", "{gold}/average")]
        {
            let resolved = resolve(&spec, &[(set, "")], None).unwrap();
            let told = text(&resolved, place).unwrap_err();
            let expect = format!("the parameter `{set}` is empty: `{place}` would be `/");
            assert!(told.starts_with(&expect), "{told}");
        }
        let resolved = resolve(&spec, &[], None).unwrap();
        for (place, expect) in
            [("{database}x", "x"), ("{database}{lake}/x", "s3://lake/x"), ("{gold}/x", "s3://lake/gold/x")]
        {
            assert_eq!(text(&resolved, place).unwrap(), expect);
        }
        assert_eq!(resolved.get("database"), Some(""));
    }

    #[test]
    fn what_a_webhook_is_made_of_is_known() {
        let mut spec = spec(&[
            ("alert", ParamType::String, "{host}/x"),
            ("host", ParamType::String, "h"),
            ("o", ParamType::String, ""),
        ]);
        assert!(spec.webhook_params().is_empty());
        let webhook = Some(Template { text: "{alert}".into(), at: 0 });
        spec.on_failure = Some(crate::spec::tables::OnFailure { webhook, task: None });
        assert_eq!(spec.webhook_params().into_iter().collect::<Vec<_>>(), ["alert", "host"]);
    }
}
