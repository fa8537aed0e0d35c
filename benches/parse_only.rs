//! The floor that `just bench` measures from: every row of a corpus is parsed, on one thread, and nothing else.
//!
//!     parse_only FOLDER
//!
//! What anybody would write in thirty lines: the csv crate and serde_json, both borrowing, neither cleaning,
//! matching nor writing. JSON is a list of objects; it is read whole, which is what serde_json is fastest at.

use std::borrow::Cow;
use std::error::Error;
use std::path::Path;

#[derive(serde::Deserialize)]
struct Publication<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    title: Cow<'a, str>,
    #[serde(borrow)]
    date: Cow<'a, str>,
    #[serde(borrow)]
    journal: Cow<'a, str>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: parse_only FOLDER")?;
    let (mut rows, mut bytes) = (0_u64, 0);
    for name in ["pubmed.csv", "clinical_trials.csv"] {
        let mut reader = csv::Reader::from_path(Path::new(&folder).join(name))?;
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record)? {
            rows += 1;
            bytes += record.iter().map(str::len).sum::<usize>();
        }
    }
    let text = std::fs::read(Path::new(&folder).join("pubmed.json"))?;
    for row in serde_json::from_slice::<Vec<Publication<'_>>>(&text)? {
        rows += 1;
        bytes += row.id.len() + row.title.len() + row.date.len() + row.journal.len();
    }
    println!("{rows} rows, {bytes} bytes of fields");
    Ok(())
}
