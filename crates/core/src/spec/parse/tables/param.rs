//! `[params]`: what `--set` can change.

use toml::de::{DeTable, DeValue};

use crate::spec::parse::order::{Link, order};
use crate::spec::parse::value::{Reader, in_order};
use crate::spec::problem::unknown;
use crate::spec::tables::{GIVEN, Param, ParamType, Template, is_name, names, pieces};

impl Reader<'_> {
    pub(super) fn params(&mut self, table: &DeTable<'_>) -> Vec<Param> {
        let Some((_, table)) = table.get("params").and_then(|value| self.table(value, "params")) else {
            return Vec::new();
        };
        let mut params = Vec::new();
        for (at, name, value) in in_order(table) {
            if GIVEN.contains(&name) {
                let problem =
                    format!("the parameter `{name}` is given by the flag --{name}: name yours otherwise");
                self.problems.add(at, problem);
                continue;
            }
            if !is_name(name) {
                let problem = format!(
                    "`{}` cannot be the name of a parameter: letters, digits and `_`, no digit first",
                    name.escape_debug()
                );
                self.problems.add(at, problem);
            }
            let (kind, text) = match value.get_ref() {
                DeValue::String(text) => (ParamType::String, text.to_string()),
                DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => (ParamType::Integer, number.to_string()),
                    Err(_) => {
                        self.problems.wrong_type(value, name, "a whole number of 64 bits");
                        continue;
                    }
                },
                DeValue::Float(number) => match ParamType::Float.read(number.as_str()) {
                    Some(number) => (ParamType::Float, number),
                    None => {
                        self.problems.wrong_type(value, name, "a number that is neither infinite nor NaN");
                        continue;
                    }
                },
                DeValue::Boolean(flag) => (ParamType::Boolean, flag.to_string()),
                _ => {
                    self.problems.wrong_type(value, name, "a text, a number, true or false");
                    continue;
                }
            };
            if name == "database" && kind != ParamType::String {
                self.problems.wrong_type(value, name, "a text: a postgres:// URL, or nothing");
            }
            let value = Template { text, at: value.span().start };
            params.push(Param { name: name.to_owned(), value, kind });
        }
        self.params = params.iter().map(|param| param.name.clone()).collect();
        self.check_params(&params);
        params
    }

    /// Notes values that cannot be read, that name what is not there, or that need each other.
    fn check_params(&mut self, params: &[Param]) {
        let mut links = Vec::new();
        for (task, param) in params.iter().enumerate().filter(|(_, param)| param.kind == ParamType::String) {
            if let Err(problem) = pieces(&param.value.text) {
                self.problems.add(param.value.at, format!("{}: {problem}", param.name));
            }
            for name in names(&param.value.text) {
                match params.iter().position(|other| other.name == name) {
                    Some(waits_for) if waits_for == task => {
                        let problem = format!("the parameter `{name}` is made of itself");
                        self.problems.add(param.value.at, problem);
                    }
                    Some(waits_for) => links.push(Link { task, waits_for }),
                    None => self.unknown_parameter(name, param.value.at, &param.name),
                }
            }
        }
        order(params.len(), &links, |circle| {
            let names: Vec<&str> = circle.iter().map(|&param| params[param].name.as_str()).collect();
            let problem = format!("parameters made of each other: {} -> {}", names.join(" -> "), names[0]);
            self.problems.add(params[circle[0]].value.at, problem);
        });
    }

    /// Notes `{name}` if there is no such parameter; `key` is where it stands.
    pub(super) fn unknown_parameter(&mut self, name: &str, at: usize, key: &str) {
        let known: Vec<&str> = GIVEN.into_iter().chain(self.params.iter().map(String::as_str)).collect();
        if !known.contains(&name) {
            let problem = unknown("parameter", name, &format!(" in `{key}`"), &known);
            self.problems.add(at, problem);
        }
    }
}
