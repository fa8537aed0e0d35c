//! Words, names and journals, made of syllables: nothing is taken from anybody's list.

use std::collections::HashSet;

use crate::draw::{Draw, Zipf};

const SYLLABLES: [&str; 32] = [
    "al", "an", "bo", "ca", "cef", "do", "el", "fen", "gli", "hy", "in", "ke", "lo", "met", "ni", "or",
    "pra", "quin", "ro", "sul", "ta", "ul", "vi", "xan", "yl", "za", "ster", "du", "mor", "phe", "ti", "ven",
];
const ENDINGS: [&str; 16] = [
    "ine", "ol", "ide", "ate", "one", "mab", "pril", "tan", "azole", "cillin", "mycin", "statin", "amide",
    "tinib", "oxin", "vir",
];
/// Names that stand inside others.
const SALTS: [&str; 8] =
    ["SODIUM", "CHLORIDE", "ACID", "HYDROCHLORIDE", "SULFATE", "ACETATE", "EXTRACT", "SODIUM CHLORIDE"];
/// What stands inside names, and is none.
const FORMS: [&str; 12] = [
    "MALEATE",
    "FUMARATE",
    "TARTRATE",
    "MESYLATE",
    "DIHYDRATE",
    "MONOHYDRATE",
    "BESYLATE",
    "OIL",
    "ROOT",
    "LEAF",
    "POLLEN",
    "WHOLE",
];
const GROUPS: [&str; 6] = ["METHYL", "ETHYL", "HYDROXY", "AMINO", "DIMETHYL", "CHLORO"];
const SMALL: [&str; 16] = [
    "the",
    "of",
    "in",
    "and",
    "with",
    "for",
    "on",
    "by",
    "from",
    "to",
    "a",
    "patients",
    "study",
    "effect",
    "treatment",
    "trial",
];
const FOREIGN: [&str; 12] = [
    "β-adrenergic",
    "α-synuclein",
    "TNF-α",
    "µg/ml",
    "naïve",
    "étude",
    "исследование",
    "γδ",
    "–",
    "10 µM",
    "Ménière",
    "IFN-γ",
];

/// What titles and lists are made of.
pub(crate) struct Words {
    pub(crate) words: Vec<String>,
    pub(crate) frequencies: Zipf,
    /// Drug names, as the list spells them.
    pub(crate) names: Vec<String>,
    pub(crate) popularity: Zipf,
    /// Places of the names of several words.
    pub(crate) long: Vec<usize>,
    pub(crate) journals: Vec<String>,
    pub(crate) readership: Zipf,
}

impl Words {
    pub(crate) fn new(seed: u64, names: usize, foreign: bool) -> Self {
        let mut draw = Draw::new(seed, u64::MAX);
        let mut words: Vec<String> = SMALL.map(str::to_owned).into();
        while words.len() < 18_000 {
            let mut word = stem(&mut draw, 2, 5);
            if foreign && words.len().is_multiple_of(3) {
                word = accented(&word);
            }
            words.push(word);
        }
        let frequent = words.len();
        if foreign {
            // In the middle of the frequencies: together about one word in twenty.
            for (i, word) in FOREIGN.iter().enumerate() {
                words.insert(20 + i * 4, (*word).to_owned());
            }
        }
        let names = drug_names(&mut draw, names, foreign);
        let several = |(i, name): (usize, &String)| name.contains(' ').then_some(i);
        let long: Vec<usize> = names.iter().enumerate().filter_map(several).collect();
        let journal = |i: usize| {
            let [a, b, c] = [0; 3].map(|_| title_case(draw.pick::<String>(&words[SMALL.len()..frequent])));
            format!("{} {a} {b} {c} ({i})", if i.is_multiple_of(3) { "The" } else { "Journal of" })
        };
        let journals: Vec<String> = (0..5_000).map(journal).collect();
        Self {
            frequencies: Zipf::new(words.len(), 3.7, 1.0),
            popularity: Zipf::new(names.len(), 1.0, 0.8),
            readership: Zipf::new(journals.len(), 1.0, 0.7),
            long: if long.is_empty() { vec![0] } else { long },
            words,
            names,
            journals,
        }
    }
}

fn stem(draw: &mut Draw, least: usize, most: usize) -> String {
    (0..least + draw.below(most + 1 - least)).map(|_| *draw.pick(&SYLLABLES)).collect()
}

/// Distinct names, as long and of as many words as those of the FDA's list of substances: of one word, of several, led
/// by digits, with commas and brackets.
fn drug_names(draw: &mut Draw, count: usize, foreign: bool) -> Vec<String> {
    let (mut names, mut seen) = (Vec::with_capacity(count), HashSet::with_capacity(count));
    while names.len() < count {
        let word = one_word(draw);
        let name = match draw.below(100) {
            0..34 => word,
            34..52 => format!("{word} {}", form(draw)),
            52..62 => format!("{word} {} {}", form(draw), draw.pick(&FORMS)),
            62..72 => format!("{word} {}", one_word(draw)),
            72..82 => format!("{word} {} {}", one_word(draw), form(draw)),
            82..85 => format!("{}-{}{word}", 1 + draw.below(12), draw.pick(&GROUPS)),
            85..88 => format!("N,N-{}{word}", draw.pick(&GROUPS)),
            88..90 => format!("{},{}-{}-{word}", 1 + draw.below(4), 5 + draw.below(5), draw.pick(&GROUPS)),
            90..92 => format!("(+)-{word}"),
            92..95 => format!("{word} ({}:1)", 1 + draw.below(3)),
            95..97 if foreign => format!("β-{word}"),
            _ => format!("{}, {word}", form(draw)),
        };
        if seen.insert(name.clone()) {
            names.push(name);
        }
    }
    // Those that stand inside others are named as often as any: from the middle on.
    let middle = names.len() / 2;
    for (name, salt) in names[middle..].iter_mut().zip(SALTS) {
        *name = salt.to_owned();
    }
    names
}

fn one_word(draw: &mut Draw) -> String {
    (stem(draw, 2, 5) + draw.pick::<&str>(&ENDINGS)).to_uppercase()
}

fn form(draw: &mut Draw) -> &'static str {
    if draw.chance(0.25) { draw.pick::<&str>(&SALTS) } else { draw.pick::<&str>(&FORMS) }
}

fn accented(word: &str) -> String {
    let accent = |c| match c {
        'a' => 'á',
        'e' => 'é',
        'i' => 'ï',
        'o' => 'ö',
        'u' => 'ü',
        'n' => 'ñ',
        c => c,
    };
    word.chars().map(accent).collect()
}

/// The text with its first letter in upper case.
pub(crate) fn title_case(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
