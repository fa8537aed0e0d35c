//! The tasks: each by itself, then how they hang together.

use toml::de::DeTable;

use crate::mention::Overlap;
use crate::spec::parse::order::{Link, order};
use crate::spec::parse::value::Reader;
use crate::spec::problem::unknown;
use crate::spec::{Builtin, DrugsSpec, TaskSpec};

pub(super) const NONE: &str = "no task: add `[tasks.graph]` with `builtin = \"mentions\"`";

/// A task and where things stand in the file.
struct Declared {
    at: usize,
    name: String,
    description: String,
    /// Nothing where it cannot be read: that is told already.
    builtin: Option<Builtin>,
    after: Vec<(usize, String)>,
    from: Option<(usize, String)>,
}

impl Reader<'_> {
    pub(super) fn tasks(&mut self, tasks: &DeTable<'_>, spec: &mut DrugsSpec) {
        if tasks.is_empty() {
            return self.problems.add(0, NONE.into());
        }
        let mut declared = Vec::new();
        for (key, value) in tasks {
            let name = key.get_ref().as_ref();
            let Some((_, table)) = self.table(value, name) else { continue };
            declared.push(self.task(table, key.span().start, name, spec));
        }
        declared.sort_by_key(|task| task.at);
        self.works(&declared);
        let links = self.links(&declared);
        let order = order(declared.len(), &links, |circle| {
            let names: Vec<&str> = circle.iter().map(|&task| declared[task].name.as_str()).collect();
            let round = format!("{} -> {}", names.join(" -> "), names[0]);
            self.problems.add(declared[circle[0]].at, format!("tasks that wait for each other: {round}"));
        });
        for task in order {
            let Declared { name, description, builtin, after, from, .. } = &declared[task];
            spec.tasks.extend(builtin.map(|builtin| TaskSpec {
                name: name.clone(),
                description: description.clone(),
                builtin,
                after: after.iter().map(|(_, name)| name.clone()).collect(),
                from: from.as_ref().map(|(_, name)| name.clone()),
            }));
        }
    }

    fn task(&mut self, table: &DeTable<'_>, at: usize, name: &str, spec: &mut DrugsSpec) -> Declared {
        let place = format!(" in the task `{name}`");
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) {
            let problem = format!("`{name}` cannot be a task's name: letters, digits, `_`, `-` and `.` only");
            self.problems.add(at, problem);
        }
        let known = ["builtin", "description", "after", "from", "overlap"];
        self.keys(table, &place, &known, &["sql", "write", "inputs"], "a pipeline of tables");
        let builtins = Builtin::ALL.map(Builtin::name);
        let builtin = match table.get("builtin") {
            None => {
                self.problems
                    .add(at, format!("the task `{name}` needs a `builtin`: {}", builtins.join(", ")));
                None
            }
            Some(value) => self.text(value, "builtin").and_then(|text| {
                let found = Builtin::ALL.into_iter().find(|builtin| builtin.name() == text);
                if found.is_none() {
                    self.problems.add(value.span().start, unknown("builtin", &text, "", &builtins));
                }
                found
            }),
        };
        let only = [("overlap", Builtin::Mentions), ("from", Builtin::Publish)];
        for (key, of) in only {
            if let (Some((key, _)), Some(builtin)) = (table.get_key_value(key), builtin)
                && builtin != of
            {
                let problem =
                    format!("`{}` is for a task with the builtin `{}` only", key.get_ref(), of.name());
                self.problems.add(key.span().start, problem);
            }
        }
        if builtin == Some(Builtin::Publish) && table.get("from").is_none() {
            self.problems
                .add(at, format!("the task `{name}` needs `from`: the task whose result it publishes"));
        }
        let overlaps = Overlap::ALL.map(|o| (o.name(), o));
        spec.overlap = self.choice(table, "overlap", &overlaps).unwrap_or(spec.overlap);
        let description = table.get("description").and_then(|value| self.text(value, "description"));
        let after = table.get("after").map(|value| self.texts(value, "after"));
        let from = table.get("from").and_then(|value| Some((value.span().start, self.text(value, "from")?)));
        let description = description.unwrap_or_default();
        Declared { at, name: name.to_owned(), description, builtin, after: after.unwrap_or_default(), from }
    }

    /// One task makes the graph; at most one does each of the others.
    fn works(&mut self, declared: &[Declared]) {
        for builtin in Builtin::ALL {
            let mut all = declared.iter().filter(|task| task.builtin == Some(builtin));
            let first = all.next();
            for task in all {
                let what = format!("a second task with the builtin `{}`: there can be one", builtin.name());
                self.problems.add(task.at, what);
            }
            let unread = declared.iter().any(|task| task.builtin.is_none());
            if builtin == Builtin::Mentions && first.is_none() && !unread {
                self.problems.add(0, "no task has the builtin `mentions`".into());
            }
        }
    }

    /// Who waits for whom, by place in the list.
    fn links(&mut self, declared: &[Declared]) -> Vec<Link> {
        let names: Vec<&str> = declared.iter().map(|task| task.name.as_str()).collect();
        let mut links = Vec::new();
        for (task, here) in declared.iter().enumerate() {
            let from = here.from.iter().map(|reference| ("from", reference));
            let after = here.after.iter().map(|reference| ("after", reference));
            for (key, (at, name)) in from.chain(after) {
                match names.iter().position(|known| known == name) {
                    None => {
                        let others: Vec<&str> = names.iter().copied().filter(|n| *n != here.name).collect();
                        let place = format!(" in `{key}` of the task `{}`", here.name);
                        self.problems.add(*at, unknown("task", name, &place, &others));
                    }
                    Some(other) if other == task => {
                        self.problems.add(*at, format!("the task `{name}` waits for itself"));
                    }
                    Some(other) => {
                        let work = declared[other].builtin;
                        if key == "from" && work.is_some_and(|work| work != Builtin::Mentions) {
                            let problem =
                                format!("from: the task `{name}` has no result, it is no `mentions`");
                            self.problems.add(*at, problem);
                        }
                        links.push(Link { task, waits_for: other });
                    }
                }
            }
        }
        links
    }
}
