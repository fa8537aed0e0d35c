//! What a run did, in words.

use std::collections::BTreeMap;

use pipeline::export::{Counts, Exceeded, RunRecord, SourceRecord};
use pipeline::record::{Ledger, Warning, WarningCode};

use crate::base::options::{Common, LogFormat};
use crate::base::render::{self, counted, thousands};

/// Tells a log what the summary tells a person; `what` is what was done.
pub(crate) fn log(record: &RunRecord, what: &str, common: &Common) {
    for SourceRecord { file, ledger, .. } in &record.sources {
        let Ledger { read, accepted, rejected, merged, blank } = *ledger;
        tracing::info!(file, read, accepted, rejected, merged, blank, "read `{file}`");
    }
    if common.log_format == LogFormat::Json {
        for Warning { code, message, count, examples } in &record.warnings {
            tracing::warn!(code = code.as_str(), count, examples = examples.join("; "), "{message}");
        }
    }
    let Counts { mentions, publications, rejects, repairs, .. } = record.counts;
    tracing::info!(mentions, publications, rejects, repairs, "{what}");
}

/// What a run did, for a person; `last` is the last line.
pub(crate) fn summary(record: &RunRecord, last: &str) -> String {
    let mut text = ledgers(record.sources.iter().map(|source| (source.file.as_str(), &source.ledger)));
    let mut sections = Vec::new();
    if !record.rejects.is_empty() {
        sections.push(format!("rejects: {}", counts(&record.rejects)));
    }
    if !record.repairs.is_empty() {
        sections.push(format!("repairs: {}", counts(&record.repairs)));
    }
    sections.extend(record.warnings.iter().map(warning_line));
    if !sections.is_empty() {
        text.push('\n');
        text.push_str(&sections.join("\n"));
        text.push('\n');
    }
    let totals = &record.counts;
    text.push_str(&format!(
        "\n{} in {} of {}; {}\n",
        counted(totals.mentions, "mention"),
        counted(totals.publications, "publication"),
        counted(totals.journals, "journal"),
        counted(totals.drugs, "drug"),
    ));
    text + last
}

/// What became of the rows of each file, and of all of them.
pub(crate) fn ledgers<'a>(files: impl Iterator<Item = (&'a str, &'a Ledger)>) -> String {
    let mut total = Ledger::default();
    let row = |file: &str, ledger: &Ledger| {
        let Ledger { read, accepted, rejected, merged, blank } = *ledger;
        let numbers = [read, accepted, rejected, merged, blank].map(thousands);
        std::iter::once(file.to_owned()).chain(numbers).collect::<Vec<_>>()
    };
    let mut rows = Vec::new();
    for (file, ledger) in files {
        total += ledger;
        rows.push(row(file, ledger));
    }
    rows.push(row("total", &total));
    let header = ["file", "read", "accepted", "rejected", "merged", "blank"];
    let text = render::table(&header, rows, &[1, 2, 3, 4, 5]);
    text + "every row is accounted for: read = accepted + rejected + merged + blank\n"
}

/// Numbers by code, in one line.
pub(crate) fn counts(counts: &BTreeMap<String, u64>) -> String {
    let each = counts.iter().map(|(code, count)| format!("{code} {}", thousands(*count)));
    each.collect::<Vec<_>>().join(", ")
}

/// A warning and its examples.
pub(crate) fn warning_line(warning: &Warning) -> String {
    let all = warning.code == WarningCode::AmbiguousDate && warning.examples.len() < 5;
    let more = if !all && warning.count > warning.examples.len() as u64 { "; …" } else { "" };
    let examples = match warning.examples.as_slice() {
        [] => String::new(),
        examples => format!(" ({}{more})", examples.join("; ")),
    };
    format!("warning: {} {}: {}{examples}", warning.code.as_str(), thousands(warning.count), warning.message)
}

/// A path as a shell wants it.
pub(crate) fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// Why the data did not pass.
pub(crate) fn exceeded(record: &RunRecord) -> String {
    record.exceeded.iter().map(over_limit).collect::<Vec<_>>().join("; ")
}

/// By how much a source is over its limit.
pub(crate) fn over_limit(source: &Exceeded) -> String {
    format!(
        "`{}` has {} of {}, more than {}",
        source.source,
        counted(source.rejected, "reject"),
        counted(source.read, "row"),
        source.max_rejects
    )
}
