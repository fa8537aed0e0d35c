//! Looks for bad rows.

use std::sync::Arc;

use crate::error::Result;
use crate::run::done::{Done, Looked};
use crate::run::register::{Registered, register};
use crate::run::state::Run;
use crate::run::threads::computing;
use crate::spec::tables::Audit;
use crate::table::{Engine, json};

/// Bad rows that are shown.
const EXAMPLES: usize = 5;
/// Characters of each that are shown.
const SHOWN: usize = 300;

/// Runs the query of an audit.
pub(super) async fn look(run: &Arc<Run>, audit: &Audit) -> Result<Done> {
    let (held, audit) = (Arc::clone(run), audit.clone());
    computing(move || async move { query(&held, &audit).await }).await
}

async fn query(run: &Arc<Run>, audit: &Audit) -> Result<Done> {
    let engine = Engine::new(None)?;
    for table in &audit.from {
        if let Registered::Missing(error) = register(run, &engine, None, table).await? {
            return Ok(Done::NotRun(error.to_string()));
        }
    }
    let mut stream = engine.stream(&audit.sql, &run.params).await?;
    let mut looked = Looked { rows: 0, examples: Vec::new() };
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        looked.rows += batch.num_rows() as u64;
        let missing = EXAMPLES - looked.examples.len();
        let head = batch.slice(0, missing.min(batch.num_rows()));
        looked.examples.extend(json::rows(&[head]).iter().map(|row| shown(row)));
    }
    Ok(Done::Looked(looked))
}

fn shown(row: &[u8]) -> String {
    let text = String::from_utf8_lossy(row);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}
