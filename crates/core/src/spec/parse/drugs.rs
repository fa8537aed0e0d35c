//! The drugs pipeline: its three sources, and tasks with a builtin.

use toml::de::DeTable;

use crate::mention::Overlap;
use crate::record::{Field, Kind};
use crate::spec::parse::value::Reader;
use crate::spec::parse::{schedule, task};
use crate::spec::problem::unknown;
use crate::spec::{DrugsSpec, Schedule, SourceSpec};

/// Top-level keys that only a pipeline of tables has.
const OF_TABLES: [&str; 4] = ["params", "audits", "on_failure", "tests"];

impl Reader<'_> {
    pub(super) fn drugs(&mut self, table: &DeTable<'_>, name: &str) -> DrugsSpec {
        let mut spec = DrugsSpec {
            name: name.to_owned(),
            description: String::new(),
            schedule: Schedule::default(),
            drugs: SourceSpec::default(),
            publications: Vec::new(),
            tasks: Vec::new(),
            overlap: Overlap::default(),
        };
        self.drugs_file(table, &mut spec);
        spec
    }

    fn drugs_file(&mut self, table: &DeTable<'_>, spec: &mut DrugsSpec) {
        let known: Vec<&str> =
            ["description", "sources", "tasks"].into_iter().chain(schedule::KEYS).collect();
        self.keys(table, "", &known, &OF_TABLES, "a pipeline of tables");
        if let Some(value) = table.get("description") {
            spec.description = self.text(value, "description").unwrap_or_default();
        }
        spec.schedule = self.schedule(table);
        self.sources(table, spec);
        match table.get("tasks").and_then(|value| self.table(value, "tasks")) {
            Some((_, tasks)) => self.tasks(tasks, spec),
            None => self.problems.add(0, task::NONE.into()),
        }
    }

    fn sources(&mut self, table: &DeTable<'_>, spec: &mut DrugsSpec) {
        let kinds = Kind::ALL.map(Kind::name);
        let known: Vec<&str> = std::iter::once("drugs").chain(kinds).collect();
        let sources = table.get("sources").and_then(|value| self.table(value, "sources"));
        let sources = sources.map(|(_, sources)| sources);
        for (key, value) in sources.into_iter().flatten() {
            let name = key.get_ref().as_ref();
            let Some((at, table)) = self.table(value, name) else { continue };
            if name == "drugs" {
                spec.drugs = self.source(table, &at, name, &Field::DRUG);
            } else if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == name) {
                spec.publications.push((kind, self.source(table, &at, name, &Field::PUBLICATION)));
            } else {
                self.problems.add(key.span().start, unknown("source", name, "", &known));
            }
        }
        spec.publications.sort_by_key(|(kind, _)| *kind);
        for name in known {
            if sources.is_none_or(|sources| sources.get(name).is_none()) {
                self.problems.add(0, format!("no source `{name}`"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Result;
    use crate::spec::{Builtin, Pipeline, SqlFiles, parse};

    const SOURCES: &str = "[sources.drugs]\npath = 'd.csv'\n[sources.pubmed]\npath = 'p.csv'\n\
                           [sources.clinical_trials]\npath = 'c.csv'\n";

    fn spec(top: &str, tasks: &str) -> Result<DrugsSpec> {
        match parse(&format!("{top}\n{SOURCES}{tasks}"), "f", "drugs", &SqlFiles::None)? {
            Pipeline::Drugs(spec) => Ok(spec),
            Pipeline::Tables(spec) => panic!("{spec:?}"),
        }
    }

    /// The problems, without the file's name; `line` is counted from the first task's.
    fn problems(top: &str, tasks: &str) -> Vec<String> {
        let error = spec(top, tasks).expect_err("there are problems").to_string();
        let first = top.lines().count().max(1) + SOURCES.lines().count();
        let relative = |line: &str| {
            let (at, message) = line.strip_prefix("f:").and_then(|l| l.split_once(": ")).expect(line);
            let at: usize = at.parse().expect(line);
            if at > first { format!("task {}: {message}", at - first) } else { format!("{at}: {message}") }
        };
        error.lines().map(relative).collect()
    }

    #[test]
    fn what_is_for_a_scheduler_has_its_types_and_defaults() {
        let graph = "[tasks.graph]\nbuiltin = 'mentions'\n";
        let schedule = spec("", graph).unwrap().schedule;
        assert_eq!(schedule, Schedule::default());
        assert_eq!((schedule.retries, schedule.catchup, schedule.max_active_runs), (0, false, 1));
        let top = "schedule = '0 4 * * *'\nstart_date = '2026-01-31'\ncatchup = true\nretries = 2\n\
                   retry_delay = '30s'\ntimeout = '2h'\nmax_active_runs = 3\ntags = ['b', 'a', 'b']";
        let schedule = spec(top, graph).unwrap().schedule;
        assert_eq!(schedule.cron.unwrap().as_str(), "0 4 * * *");
        assert_eq!(schedule.start_date.unwrap().to_string(), "2026-01-31");
        assert!(schedule.catchup);
        assert_eq!((schedule.retries, schedule.max_active_runs), (2, 3));
        assert_eq!(schedule.retry_delay, Some(Duration::from_secs(30)));
        assert_eq!(schedule.timeout, Some(Duration::from_secs(7200)));
        assert_eq!(schedule.tags, ["b", "a"]);
    }

    #[test]
    fn every_problem_of_a_schedule_is_told() {
        let top = "schedule = '61 4 * * *'\nstart_date = '2026-02-30'\ncatchup = 'yes'\nretries = -1\n\
                   retry_delay = '30'\ntimeout = '0s'\nmax_active_runs = 0\ntags = ['', 1]\nretrys = 2";
        let told = problems(top, "[tasks.graph]\nbuiltin = 'mentions'\n");
        assert_eq!(
            told,
            [
                "1: schedule: `61` is no minute: 0 to 59",
                "2: start_date: there is no day `2026-02-30`",
                "3: `catchup` must be true or false",
                "4: `retries` must be a whole number, 0 or more",
                "5: retry_delay: `30` is no span of time, as in 30s, 5m or 2h",
                "6: timeout: it must be longer than nothing",
                "7: `max_active_runs` must be a whole number, 1 or more",
                "8: tags: a tag has 1 to 100 characters",
                "8: `tags` must be a list of texts",
                "9: unknown key `retrys`; did you mean `retries`?",
            ]
        );
    }

    #[test]
    fn tasks_stand_behind_those_they_wait_for() {
        let tasks = "[tasks.last]\nbuiltin = 'publish'\nfrom = 'make'\nafter = ['make', 'look']\n\
                     [tasks.make]\nbuiltin = 'mentions'\nafter = ['look']\noverlap = 'longest'\n\
                     [tasks.look]\nbuiltin = 'check'\ndescription = 'Looks.'\n";
        let spec = spec("", tasks).unwrap();
        let names: Vec<&str> = spec.tasks.iter().map(|task| task.name.as_str()).collect();
        assert_eq!(names, ["look", "make", "last"]);
        assert_eq!(spec.task("last").unwrap().upstream(), ["make", "look"]);
        assert_eq!(spec.task("look").unwrap().description, "Looks.");
        assert_eq!(spec.task_that(Builtin::Mentions).unwrap().name, "make");
        assert_eq!(spec.overlap, Overlap::Longest);
        assert_eq!(
            spec.task("lok").unwrap_err().to_string(),
            "unknown task `lok` of the pipeline `drugs`; did you mean `look`?"
        );
    }

    #[test]
    fn every_problem_of_the_tasks_is_told() {
        let tasks = "[tasks.graph]\nbuiltin = 'mentions'\nfrom = 'check'\nafter = ['chek', 'graph', 1]\n\
                     [tasks.check]\nbuiltin = 'check'\noverlap = 'all'\n\
                     [tasks.publish]\nbuiltin = 'publish'\n\
                     [tasks.again]\nbuiltin = 'publish'\nfrom = 'check'\n\
                     [tasks.'no name']\nbuilt = 'check'\n";
        assert_eq!(
            problems("", tasks),
            [
                "task 3: `from` is for a task with the builtin `publish` only",
                "task 3: from: the task `check` has no result, it is no `mentions`",
                "task 4: unknown task `chek` in `after` of the task `graph`; did you mean `check`?",
                "task 4: the task `graph` waits for itself",
                "task 4: `after` must be a list of texts",
                "task 7: `overlap` is for a task with the builtin `mentions` only",
                "task 8: the task `publish` needs `from`: the task whose result it publishes",
                "task 10: a second task with the builtin `publish`: there can be one",
                "task 12: from: the task `check` has no result, it is no `mentions`",
                "task 13: `no name` cannot be a task's name: letters, digits, `_`, `-` and `.` only",
                "task 13: the task `no name` needs a `builtin`: check, mentions, publish",
                "task 14: unknown key `built` in the task `no name`; did you mean `builtin`?",
            ]
        );
    }

    #[test]
    fn tasks_that_wait_for_each_other_are_told() {
        let tasks = "[tasks.a]\nbuiltin = 'check'\nafter = ['c']\n[tasks.b]\nbuiltin = 'mentions'\nafter = ['a']\n\
                     [tasks.c]\nbuiltin = 'publish'\nfrom = 'b'\n";
        assert_eq!(problems("", tasks), ["task 1: tasks that wait for each other: a -> c -> b -> a"]);
        assert_eq!(
            problems("", "[tasks]\n"),
            ["1: no task: add `[tasks.graph]` with `builtin = \"mentions\"`"]
        );
        let check = "[tasks.a]\nbuiltin = 'check'\n";
        assert_eq!(problems("", check), ["1: no task has the builtin `mentions`"]);
    }
}
