//! Rejects and repairs as text.

use pipeline::export::Finding;

use crate::base::render::{self, counted};

/// Longest text shown in a table.
const SHOWN: usize = 48;

/// The part on repairs, which pipelines of both kinds have.
pub(super) fn repairs_text(repairs: &[Finding]) -> String {
    let mut text = format!("\n{}\n", counted(repairs.len() as u64, "repair"));
    if !repairs.is_empty() {
        text += &render::table(&["code", "where", "field", "before", "after"], finding_rows(repairs), &[]);
    }
    text
}

/// Rejects or repairs as rows of a table.
pub(super) fn finding_rows(findings: &[Finding]) -> Vec<Vec<String>> {
    let row = |finding: &Finding| match finding {
        Finding::Reject(r) => {
            vec![r.code.clone(), format!("{}:{}", r.source, r.line), or_dash(r.field.as_ref()), short(&r.raw)]
        }
        Finding::Repair(r) => vec![
            r.code.clone(),
            format!("{}:{}", r.source, r.line),
            or_dash(r.field.as_ref()),
            short(&r.before),
            r.after.as_deref().map_or_else(|| "null".into(), short),
        ],
    };
    findings.iter().map(row).collect()
}

fn or_dash(field: Option<&String>) -> String {
    field.cloned().unwrap_or_else(|| "-".into())
}

/// A text on one line, in quotes; a long one shows its two ends, where the trouble usually is.
pub(super) fn short(text: &str) -> String {
    let visible = |c: char| match c {
        '\n' | '\r' | '\t' => c.escape_default().collect(),
        c if c.is_control() => c.escape_unicode().collect(),
        c => vec![c],
    };
    let chars: Vec<char> = text.chars().flat_map(visible).collect();
    if chars.len() <= SHOWN {
        return format!("\"{}\"", chars.into_iter().collect::<String>());
    }
    let half = SHOWN / 2;
    let (head, tail) = (&chars[..half], &chars[chars.len() - half..]);
    format!("\"{}…{}\"", head.iter().collect::<String>(), tail.iter().collect::<String>())
}
