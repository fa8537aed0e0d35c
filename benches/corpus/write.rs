//! Records as files: one function a format.

use std::io::Write;

use crate::record::Record;

/// Which files a corpus becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// 45% `pubmed.csv`, 25% `pubmed.json`, 30% `clinical_trials.csv`.
    Mixed,
    /// Everything in CSV.
    Csv,
    /// Articles as a list of objects, trials in CSV.
    Json,
    /// Articles one object a line, trials in CSV.
    Ndjson,
    /// Everything with tabs.
    Tsv,
    /// PubMed's XML, packed, in files of its own making.
    Xml,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Csv,
    Tsv,
    List,
    Lines,
}

/// A file of a corpus.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet {
    pub(crate) name: &'static str,
    pub(crate) style: Style,
}

impl Format {
    pub(crate) fn of(name: &str) -> Option<Self> {
        let all = [
            ("mixed", Self::Mixed),
            ("csv", Self::Csv),
            ("json", Self::Json),
            ("ndjson", Self::Ndjson),
            ("tsv", Self::Tsv),
            ("xml", Self::Xml),
        ];
        all.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }

    pub(crate) fn sheets(self) -> Vec<Sheet> {
        let sheet = |name, style| Sheet { name, style };
        let trials = sheet("clinical_trials.csv", Style::Csv);
        match self {
            Self::Mixed => {
                vec![trials, sheet("pubmed.csv", Style::Csv), sheet("pubmed.json", Style::List)]
            }
            Self::Csv => vec![trials, sheet("pubmed.csv", Style::Csv)],
            Self::Json => vec![trials, sheet("pubmed.json", Style::List)],
            Self::Ndjson => vec![trials, sheet("pubmed.ndjson", Style::Lines)],
            Self::Xml => Vec::new(),
            Self::Tsv => vec![sheet("clinical_trials.tsv", Style::Tsv), sheet("pubmed.tsv", Style::Tsv)],
        }
    }

    /// The place among [`Format::sheets`] of the file that a record goes to.
    pub(crate) fn place(self, record: &Record) -> usize {
        match (record.trial, self) {
            (true, _) => 0,
            // 25 of the 70 of a hundred that are articles.
            (false, Self::Mixed) if record.lot < 25.0 / 70.0 => 2,
            (false, _) => 1,
        }
    }
}

impl Sheet {
    /// What stands before the first record.
    pub(crate) fn head(self) -> String {
        let title = if self.name.starts_with("clinical") { "scientific_title" } else { "title" };
        match self.style {
            Style::Csv => format!("id,{title},date,journal\n"),
            Style::Tsv => format!("id\t{title}\tdate\tjournal\n"),
            Style::List => "[\n".into(),
            Style::Lines => String::new(),
        }
    }

    /// What stands behind the last record.
    pub(crate) fn foot(self) -> &'static str {
        if self.style == Style::List { "\n]\n" } else { "" }
    }

    /// What stands between two records.
    pub(crate) fn between(self) -> &'static str {
        if self.style == Style::List { ",\n" } else { "" }
    }

    /// Appends a record.
    pub(crate) fn write(self, record: &Record, out: &mut Vec<u8>) {
        match self.style {
            Style::Csv => separated(record, b',', out),
            Style::Tsv => separated(record, b'\t', out),
            Style::List => object(record, out),
            Style::Lines => {
                object(record, out);
                out.push(b'\n');
            }
        }
    }
}

fn separated(record: &Record, separator: u8, out: &mut Vec<u8>) {
    for (i, field) in [&record.id, &record.title, &record.date, &record.journal].into_iter().enumerate() {
        if i > 0 {
            out.push(separator);
        }
        quoted(field, separator, out);
    }
    out.push(b'\n');
}

/// Appends a field, quoted where it must be.
pub(crate) fn quoted(field: &str, separator: u8, out: &mut Vec<u8>) {
    if field.bytes().any(|b| b == separator || matches!(b, b'"' | b'\n' | b'\r')) {
        let _ = write!(out, "\"{}\"", field.replace('"', "\"\""));
    } else {
        out.extend_from_slice(field.as_bytes());
    }
}

fn object(record: &Record, out: &mut Vec<u8>) {
    let members =
        [("id", &record.id), ("title", &record.title), ("date", &record.date), ("journal", &record.journal)];
    for (i, (key, value)) in members.into_iter().enumerate() {
        let _ = write!(out, "{}\"{key}\":", if i == 0 { '{' } else { ',' });
        serde_json::to_writer(&mut *out, value).expect("text always has a JSON form");
    }
    out.push(b'}');
}
