//! What went wrong, from the log of a task.
//!
//! Airflow 3 gives records with a level, Airflow 2 lines of text. Among either are the messages of our own program,
//! as its operator logs them, and JSON records, which are shown as message and hint.

use serde::Deserialize;
use serde_json::Value;

/// Longest line shown, in characters.
const LONGEST: usize = 500;

#[derive(Deserialize)]
struct Records {
    content: Vec<Value>,
}

/// The last errors of a log, the oldest first, each told once. A log without any has its last lines taken for them.
pub(super) fn error_lines(log: &[u8], most: usize) -> Vec<String> {
    let lines: Vec<(bool, String)> = match serde_json::from_slice::<Records>(log) {
        Ok(records) => records.content.iter().flat_map(of_record).collect(),
        Err(_) => String::from_utf8_lossy(log).lines().map(of_line).collect(),
    };
    let plain = |wanted: &dyn Fn(&(bool, String)) -> bool| -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for (_, text) in lines.iter().filter(|line| wanted(line)) {
            let text = short(text);
            // The exception repeats what the program has said last.
            if !text.is_empty()
                && !found.iter().any(|known| known.contains(&text) || text.contains(known.as_str()))
            {
                found.push(text);
            }
        }
        found.split_off(found.len().saturating_sub(most))
    };
    let errors = plain(&|(is_error, _)| *is_error);
    if errors.is_empty() { plain(&|_| true) } else { errors }
}

/// A record of Airflow 3: its event and, of a failure, the exceptions. A plain text where the log is an old one.
fn of_record(record: &Value) -> Vec<(bool, String)> {
    let Some(event) = record["event"].as_str() else {
        return record.as_str().unwrap_or_default().lines().map(of_line).collect();
    };
    let is_error = matches!(record["level"].as_str(), Some("error" | "critical" | "exception"));
    let exceptions = record["error_detail"].as_array().into_iter().flatten();
    let values: Vec<_> =
        exceptions.filter_map(|e| Some((true, e["exc_value"].as_str()?.to_owned()))).collect();
    if !values.is_empty() {
        return values;
    }
    let text = said(event);
    vec![(is_error || text.is_some(), text.unwrap_or_else(|| event.to_owned()))]
}

/// A line of Airflow 2: `[time] {file:line} ERROR - text`.
fn of_line(line: &str) -> (bool, String) {
    let marked = line.split_once("} ").and_then(|(_, rest)| rest.split_once(" - "));
    let (level, text) = marked.unwrap_or(("", line));
    // These only say that a task failed; what they are about has been said.
    let told =
        ["Task failed with exception", "Failed to execute job"].iter().any(|start| text.starts_with(start));
    let is_error = matches!(level.trim(), "ERROR" | "CRITICAL") && !told;
    let record = said(text);
    (is_error || record.is_some(), record.unwrap_or_else(|| text.to_owned()))
}

/// The message and the hint of a JSON record that tells an error.
fn said(text: &str) -> Option<String> {
    let record: Value = serde_json::from_str(text).ok()?;
    if !matches!(record["severity"].as_str()?, "ERROR" | "CRITICAL" | "ALERT" | "EMERGENCY") {
        return None;
    }
    let message = record["exception"].as_str().or(record["message"].as_str())?;
    Some(
        record["hint"].as_str().map_or_else(|| message.to_owned(), |hint| format!("{message}; hint: {hint}")),
    )
}

/// On one line, with nothing that a terminal would act on.
fn short(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_of_airflow_3_are_its_records_of_that_level() {
        let log = r#"{"content": [{"event": "::group::Log message source details", "sources": ["x"]},
            {"event": "reading", "level": "info"},
            {"event": "the data did not pass: too many; hint: look", "level": "error"},
            {"event": "Task failed with exception", "level": "error",
             "error_detail": [{"exc_type": "AirflowFailException", "exc_value": "the data did not pass: too many; hint: look"}]},
            {"event": "{\"severity\": \"ERROR\", \"message\": \"disk full\", \"hint\": \"free \\u001b[2Jsome\"}", "level": "info"}],
            "continuation_token": null}"#;
        assert_eq!(
            error_lines(log.as_bytes(), 5),
            ["the data did not pass: too many; hint: look", "disk full; hint: free [2Jsome"]
        );
        assert_eq!(error_lines(log.as_bytes(), 1), ["disk full; hint: free [2Jsome"]);
    }

    #[test]
    fn the_errors_of_airflow_2_are_its_lines_of_that_level() {
        let log = "vm\n INFO - ::group::x\n\
            [2026-11-21T09:23:01.1+0000] {process.py:98} INFO - reading\n\
            [2026-11-21T09:23:01.153+0000] {process.py:98} ERROR - the data did not pass: too many; hint: look\n\
            [2026-11-21T09:23:01.173+0000] {taskinstance.py:3313} ERROR - Task failed with exception\n\
            Traceback (most recent call last):\n  File \"x.py\", line 763\n\
            [2026-11-21T09:23:01.183+0000] {build.py:84} ERROR - {\"severity\": \"ERROR\", \"message\": \"the task failed\", \
            \"exception\": \"the data did not pass: too many; hint: look\"}\n";
        assert_eq!(error_lines(log.as_bytes(), 5), ["the data did not pass: too many; hint: look"]);
    }

    #[test]
    fn a_log_without_errors_shows_its_end() {
        assert_eq!(error_lines(b"one\ntwo\nthree\n", 2), ["two", "three"]);
        assert_eq!(error_lines(br#"{"content": ["a\nb"]}"#, 5), ["a", "b"]);
        assert!(error_lines(b"", 5).is_empty());
        assert_eq!(error_lines("é".repeat(600).as_bytes(), 1)[0].chars().count(), LONGEST + 1);
    }
}
