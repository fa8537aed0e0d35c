//! The records of a corpus: each is a function of the corpus and its number, whoever asks for it and when.

use crate::draw::Draw;
use crate::words::{Words, title_case};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What tells one corpus from another.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) rows: u64,
    pub(crate) names: usize,
    pub(crate) seed: u64,
    /// Long titles with characters beyond ASCII.
    pub(crate) held: bool,
    /// The share of records with a fault.
    pub(crate) dirt: f64,
}

/// A corpus, of which any record can be had.
pub(crate) struct Corpus {
    pub(crate) setting: Setting,
    pub(crate) words: Words,
}

/// An article or a trial, before it is written in some format.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) trial: bool,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) journal: String,
    pub(crate) date: String,
    /// A number from 0 to below 1, for whoever writes the record: which file, which way.
    pub(crate) lot: f64,
}

impl Corpus {
    pub(crate) fn new(setting: Setting) -> Self {
        let words = Words::new(setting.seed, setting.names, setting.held);
        Self { setting, words }
    }

    /// Makes a record: 0.3 mentions a title, and one in twenty with a word that only looks like a name.
    pub(crate) fn record(&self, index: u64) -> Record {
        let draw = &mut Draw::new(self.setting.seed, index);
        let Words { words, frequencies, names, .. } = &self.words;
        let (mean, deviation) = if self.setting.held { (42.0, 12.0) } else { (16.4, 5.0) };
        let count = draw.normal(mean, deviation).clamp(4.0, 120.0) as usize;
        let mut title: Vec<&str> = (0..count).map(|_| words[frequencies.draw(draw)].as_str()).collect();
        let mut inserted: Vec<(usize, String)> = Vec::new();
        for _ in 0..poisson(draw) {
            let name = match draw.chance(0.1) {
                true => &names[*draw.pick(&self.words.long)],
                false => &names[self.words.popularity.draw(draw)],
            };
            let name = match draw.below(4) {
                0 => name.clone(),
                1 => title_case(&name.to_lowercase()),
                _ => name.to_lowercase(),
            };
            inserted.push((draw.below(count), name));
        }
        if draw.chance(0.05) {
            let name = draw.pick(names).to_lowercase();
            let like = if draw.chance(0.5) { format!("oxy{name}") } else { format!("{name}ase") };
            inserted.push((draw.below(count), like));
        }
        if draw.chance(0.036) {
            inserted.push((0, format!("\"{}\"", title[0])));
        }
        for (at, word) in &inserted {
            title[*at] = word;
        }
        let trial = draw.chance(0.3);
        let (year, month, day) = (1990 + draw.below(36), 1 + draw.below(12), 1 + draw.below(28));
        let mut record = Record {
            trial,
            id: if trial { format!("NCT{index:08}") } else { (10_000_000 + index).to_string() },
            title: title_case(&title.join(" ")),
            journal: self.words.journals[self.words.readership.draw(draw)].clone(),
            date: match draw.below(3) {
                0 => format!("{day:02}/{month:02}/{year}"),
                1 => format!("{year}-{month:02}-{day:02}"),
                _ => format!("{day} {} {year}", MONTHS[month - 1]),
            },
            lot: draw.unit(),
        };
        if draw.chance(self.setting.dirt) {
            spoil(&mut record, draw);
        }
        record
    }
}

/// 0.3 on average.
fn poisson(draw: &mut Draw) -> usize {
    match draw.unit() {
        u if u < 0.7408 => 0,
        u if u < 0.9631 => 1,
        u if u < 0.9964 => 2,
        _ => 3,
    }
}

/// One of the faults that files have.
fn spoil(record: &mut Record, draw: &mut Draw) {
    match draw.below(6) {
        0 => record.id.clear(),
        1 => record.journal.clear(),
        2 => record.date = "n/a".into(),
        3 => record.title = format!("  {}  ", record.title),
        4 => record.title.clear(),
        _ => record.title = record.title.replacen(' ', "\n", 1),
    }
}
