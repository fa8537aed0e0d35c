//! How the command line spells what hints of the library name.

use pipeline::error::{Action, Setting, Spelling};

pub(crate) const SPELLING: Spelling = Spelling { setting, action };

fn setting(setting: Setting<'_>) -> String {
    let flag = match setting {
        Setting::Binary => "--binary",
        Setting::Bucket => "--bucket",
        Setting::Dags => "--dags",
        Setting::Data => "--data",
        Setting::Date => "--date",
        Setting::DryRun => "--dry-run",
        Setting::From => "--from",
        Setting::Graph => "--graph",
        Setting::Incremental => "--incremental",
        Setting::Out => "--out",
        Setting::Param(name, value) => return format!("--set {name}={value}"),
        Setting::Params => "--set",
        Setting::TakeOver => "--take-over",
        Setting::Task(name) => return format!("--task {name}"),
        Setting::Tasks => "--task",
        Setting::Threads => "--threads",
        Setting::To => "--to",
        Setting::Unpause => "--unpause",
        Setting::Wait => "--wait",
        // A setting that came later has its own name until it has a flag here.
        other => return other.plain(),
    };
    flag.to_owned()
}

fn action(action: Action<'_>) -> String {
    let command = match action {
        Action::Rejects => "rejects --format json",
        Action::Replay => "rejects --replay",
        Action::Run(name) => return with("run", name),
        Action::Sql => "sql",
        Action::Status(name) => return with("status", name),
        Action::Trigger => "trigger",
        Action::Upload => "upload",
        other => return other.plain(),
    };
    format!("pipeline {command}")
}

fn with(command: &str, name: &str) -> String {
    format!("pipeline {command} {name}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "composer")]
    fn every_flag_that_a_hint_names_is_one_of_a_command() {
        let args = <crate::args::Args as clap::CommandFactory>::command();
        let known: Vec<String> = args
            .get_subcommands()
            .flat_map(|command| {
                command
                    .get_arguments()
                    .chain(command.get_subcommands().flat_map(clap::Command::get_arguments))
            })
            .filter_map(|argument| argument.get_long().map(|long| format!("--{long}")))
            .collect();
        for named in [
            Setting::Binary,
            Setting::Bucket,
            Setting::Dags,
            Setting::Data,
            Setting::Date,
            Setting::From,
            Setting::Graph,
            Setting::Incremental,
            Setting::Out,
            Setting::Param("name", "VALUE"),
            Setting::Params,
            Setting::Task("graph"),
            Setting::Tasks,
            Setting::Threads,
            Setting::To,
            Setting::Unpause,
            Setting::Wait,
        ] {
            let spelled = setting(named);
            let flag = spelled.split(' ').next().unwrap_or_default();
            assert!(known.iter().any(|known| known == flag), "{spelled}");
        }
    }

    #[test]
    #[cfg(feature = "composer")]
    fn every_command_that_a_hint_names_can_be_typed() {
        let args = <crate::args::Args as clap::CommandFactory>::command();
        for named in [
            Action::Rejects,
            Action::Replay,
            Action::Run("shops"),
            Action::Sql,
            Action::Status("shops"),
            Action::Trigger,
            Action::Upload,
        ] {
            let spelled = action(named);
            let command = spelled.split(' ').nth(1).unwrap_or_default();
            assert!(args.find_subcommand(command).is_some(), "{spelled}");
        }
    }

    #[test]
    fn a_name_is_a_part_of_its_command() {
        assert_eq!(action(Action::Run("")), "pipeline run");
        assert_eq!(action(Action::Run("shops")), "pipeline run shops");
        assert_eq!(setting(Setting::Param("lake", "VALUE")), "--set lake=VALUE");
    }
}
