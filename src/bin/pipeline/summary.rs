//! What a run did, in words.

use pipeline::export::{Counts, RunRecord, SourceRecord, Warning};
use pipeline::record::Ledger;

use crate::args::{Common, LogFormat};
use crate::render::{self, counted, thousands};

/// Tells a log what the summary tells a person; `what` is what was done.
pub(crate) fn log(record: &RunRecord, what: &str, common: &Common) {
    for SourceRecord { file, ledger, .. } in &record.sources {
        let Ledger { read, accepted, rejected, merged, blank } = *ledger;
        tracing::info!(file, read, accepted, rejected, merged, blank, "read `{file}`");
    }
    if common.log_format == LogFormat::Json {
        for Warning { code, message, count, examples } in &record.warnings {
            tracing::warn!(code, count, examples = examples.join("; "), "{message}");
        }
    }
    let Counts { mentions, publications, rejects, repairs, .. } = record.counts;
    tracing::info!(mentions, publications, rejects, repairs, "{what}");
}

/// What a run did, for a person; `last` is the last line.
pub(crate) fn summary(record: &RunRecord, last: &str) -> String {
    let mut total = Ledger::default();
    let row = |file: &str, ledger: &Ledger| {
        let Ledger { read, accepted, rejected, merged, blank } = *ledger;
        let numbers = [read, accepted, rejected, merged, blank].map(thousands);
        std::iter::once(file.to_owned()).chain(numbers).collect::<Vec<_>>()
    };
    let mut rows = Vec::new();
    for source in &record.sources {
        total += &source.ledger;
        rows.push(row(&source.file, &source.ledger));
    }
    rows.push(row("total", &total));
    let header = ["file", "read", "accepted", "rejected", "merged", "blank"];
    let mut text = render::table(&header, rows, &[1, 2, 3, 4, 5]);
    text.push_str("every row is accounted for: read = accepted + rejected + merged + blank\n");
    let list = |counts: &std::collections::BTreeMap<String, u64>| {
        let each = counts.iter().map(|(code, count)| format!("{code} {}", thousands(*count)));
        each.collect::<Vec<_>>().join(", ")
    };
    let mut sections = Vec::new();
    if !record.rejects.is_empty() {
        sections.push(format!("rejects: {}", list(&record.rejects)));
    }
    if !record.repairs.is_empty() {
        sections.push(format!("repairs: {}", list(&record.repairs)));
    }
    for warning in &record.warnings {
        let all = warning.code == "ambiguous-date" && warning.examples.len() < 5;
        let more = if !all && warning.count > warning.examples.len() as u64 { "; …" } else { "" };
        sections.push(format!(
            "warning: {} {}: {} ({}{more})",
            warning.code,
            thousands(warning.count),
            warning.message,
            warning.examples.join("; ")
        ));
    }
    if !sections.is_empty() {
        text.push('\n');
        text.push_str(&sections.join("\n"));
        text.push('\n');
    }
    let counts = &record.counts;
    text.push_str(&format!(
        "\n{} in {} of {}; {}\n",
        counted(counts.mentions, "mention"),
        counted(counts.publications, "publication"),
        counted(counts.journals, "journal"),
        counted(counts.drugs, "drug"),
    ));
    text + last
}

/// A path as a shell wants it.
pub(crate) fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// Why the data did not pass.
pub(crate) fn exceeded(record: &RunRecord) -> String {
    let each = record.exceeded.iter().map(|source| {
        format!(
            "`{}` has {} of {}, more than {}",
            source.source,
            counted(source.rejected, "reject"),
            counted(source.read, "row"),
            source.max_rejects
        )
    });
    each.collect::<Vec<_>>().join("; ")
}
