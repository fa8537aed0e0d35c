//! Makes a corpus of any size, the same bytes for the same arguments on any number of threads.
//!
//!     corpus OUT ROWS NAMES [--seed N] [--shape base|held] [--format mixed|csv|json|ndjson|tsv|xml] [--dirt SHARE]
//!
//! `base`: titles of about 137 characters; `held`: about 350, one word in eight beyond ASCII. Words and names
//! are made of syllables, words come with Zipf's frequencies, and each title holds 0.3 names, some of which hold others.
//! `xml` is PubMed's, packed: `pubmed_00001.xml.gz` and so on, 10,000 records each, none of them a trial.

mod draw;
mod pubmed;
mod record;
mod words;
mod write;

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use rayon::prelude::*;

use crate::record::{Corpus, Setting};
use crate::write::{Format, Sheet, quoted};

/// Records made at a time by one thread, and pieces held at a time.
const PIECE: u64 = 10_000;
const PIECES: u64 = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let (out, setting, format) = arguments()?;
    let out = Path::new(&out);
    fs::create_dir_all(out)?;
    let corpus = Corpus::new(setting);
    list(&corpus, &out.join("drugs.csv"))?;
    if format == Format::Xml {
        return packed(&corpus, out);
    }
    let sheets = format.sheets();
    let mut files = Vec::new();
    for sheet in &sheets {
        let mut file = BufWriter::new(File::create(out.join(sheet.name))?);
        file.write_all(sheet.head().as_bytes())?;
        files.push((file, true));
    }
    let pieces = corpus.setting.rows.div_ceil(PIECE);
    for first in (0..pieces).step_by(PIECES as usize) {
        let made: Vec<Vec<Vec<u8>>> = (first..pieces.min(first + PIECES))
            .into_par_iter()
            .map(|piece| self::piece(&corpus, format, &sheets, piece))
            .collect();
        for (place, ((file, empty), sheet)) in files.iter_mut().zip(&sheets).enumerate() {
            for bytes in made.iter().map(|piece| &piece[place]).filter(|bytes| !bytes.is_empty()) {
                let skip = if std::mem::take(empty) { sheet.between().len() } else { 0 };
                file.write_all(&bytes[skip..])?;
            }
        }
    }
    for ((mut file, _), sheet) in files.into_iter().zip(&sheets) {
        file.write_all(sheet.foot().as_bytes())?;
        file.flush()?;
    }
    Ok(())
}

/// Writes PubMed's files, each with a piece, and trials without a row.
fn packed(corpus: &Corpus, out: &Path) -> Result<(), Box<dyn Error>> {
    fs::write(out.join("clinical_trials.csv"), "id,scientific_title,date,journal\n")?;
    let rows = corpus.setting.rows;
    (0..rows.div_ceil(PIECE)).into_par_iter().try_for_each(|piece| {
        let file = File::create(out.join(format!("pubmed_{:05}.xml.gz", piece + 1)))?;
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::default());
        let text = pubmed::file(corpus, piece * PIECE, rows.min((piece + 1) * PIECE));
        packed.write_all(text.as_bytes())?;
        packed.finish().map(drop)
    })?;
    Ok(())
}

/// Some records, as bytes for each file; what stands between records stands before each.
fn piece(corpus: &Corpus, format: Format, sheets: &[Sheet], piece: u64) -> Vec<Vec<u8>> {
    let mut bytes = vec![Vec::new(); sheets.len()];
    for index in piece * PIECE..corpus.setting.rows.min((piece + 1) * PIECE) {
        let record = corpus.record(index);
        let place = format.place(&record);
        bytes[place].extend_from_slice(sheets[place].between().as_bytes());
        sheets[place].write(&record, &mut bytes[place]);
    }
    bytes
}

/// The list of drugs.
fn list(corpus: &Corpus, path: &Path) -> std::io::Result<()> {
    let mut text = b"atccode,drug\n".to_vec();
    for (i, name) in corpus.words.names.iter().enumerate() {
        write!(text, "{}{:05},", char::from(b'A' + (i % 26) as u8), i / 26)?;
        quoted(name, b',', &mut text);
        text.push(b'\n');
    }
    fs::write(path, text)
}

fn arguments() -> Result<(String, Setting, Format), Box<dyn Error>> {
    let usage = "usage: corpus OUT ROWS NAMES [--seed N] [--shape base|held] \
                 [--format mixed|csv|json|ndjson|tsv|xml] [--dirt SHARE]";
    let mut setting = Setting { rows: 0, names: 0, seed: 1, held: false, dirt: 0.01 };
    let (mut plain, mut format) = (Vec::new(), Format::Mixed);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(usage);
        match argument.as_str() {
            "--seed" => setting.seed = value()?.parse()?,
            "--dirt" => setting.dirt = value()?.parse()?,
            "--shape" => {
                setting.held = match value()?.as_str() {
                    "base" => false,
                    "held" => true,
                    _ => return Err(usage.into()),
                }
            }
            "--format" => format = Format::of(&value()?).ok_or(usage)?,
            _ => plain.push(argument),
        }
    }
    let [out, rows, names] = &plain[..] else { return Err(usage.into()) };
    (setting.rows, setting.names) = (rows.parse()?, names.parse()?);
    if setting.names == 0 {
        return Err("at least one name".into());
    }
    Ok((out.clone(), setting, format))
}
