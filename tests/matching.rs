//! No mention is missing and none is invented: random vocabularies and titles against a naive search.

use pipeline::clean::{Folded, clean_line};
use pipeline::mention::{Drug, Matcher, Overlap, Search, Vocabulary};
use proptest::prelude::*;
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

/// Pieces that make trouble: case pairs across scripts, marks that combine, punctuation of chemical names.
const PIECES: [&str; 40] = [
    "a",
    "B",
    "ab",
    "N",
    "2",
    "10",
    "x",
    "_",
    "-",
    ",",
    "(",
    ")",
    "'",
    "’",
    ".",
    "+",
    "/",
    " ",
    " ",
    "  ",
    "\t",
    "\u{a0}",
    "é",
    "e\u{301}",
    "\u{301}",
    "β",
    "Β",
    "ß",
    "ẞ",
    "ſ",
    "K",
    "µ",
    "μ",
    "ς",
    "Σ",
    "™",
    "–",
    "中",
    "Ǆ",
    "\u{1100}\u{1161}",
];

fn pieces(most: usize) -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(PIECES.to_vec());
    proptest::collection::vec(piece, 1..most).prop_map(|pieces| pieces.concat())
}

/// Names, and titles that are made of names and pieces.
fn corpus() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    proptest::collection::vec(pieces(5), 1..12).prop_flat_map(|names| {
        let some = names.clone();
        let part = prop_oneof![3 => pieces(4), 2 => proptest::sample::select(some)];
        let title = proptest::collection::vec(part, 1..10).prop_map(|parts| parts.concat());
        (Just(names), proptest::collection::vec(title, 1..6))
    })
}

/// The names of a vocabulary as they are looked for.
fn clean_names(names: &[String]) -> Vec<String> {
    let mut clean: Vec<String> = names.iter().map(|n| clean_line(n).text.into_owned()).collect();
    clean.retain(|name| !name.is_empty());
    clean.sort();
    clean.dedup();
    clean
}

/// Every occurrence of a name in a title, found by trying each place: (start, end) in characters of NFC.
fn naive(name: &str, title: &str) -> Vec<(usize, usize)> {
    let name: String = name.nfc().collect();
    let title: Vec<char> = title.nfc().collect();
    let here = Regex::new(&format!("^(?i:{})", regex::escape(&name))).unwrap();
    let word = Regex::new(r"^\w$").unwrap();
    let is_word = |c: Option<&char>| c.is_some_and(|c| word.is_match(&c.to_string()));
    let mut found = Vec::new();
    for start in 0..title.len() {
        let tail: String = title[start..].iter().collect();
        let Some(hit) = here.find(&tail) else { continue };
        let end = start + hit.as_str().chars().count();
        let before = start.checked_sub(1).and_then(|i| title.get(i));
        if !is_word(before) && !is_word(title.get(end)) {
            found.push((start, end));
        }
    }
    found
}

/// Every occurrence that the matcher finds, by name.
fn ours(matcher: &Matcher, names: usize, title: &str) -> Vec<Vec<(usize, usize)>> {
    let (mut folded, mut found) = (Folded::default(), Vec::new());
    folded.fill(title);
    matcher.find(&folded, &mut found);
    let mut by_name = vec![Vec::new(); names];
    for o in found {
        // Places in the folded text are places in the NFC text: both have the same characters.
        let chars = |at: u32| String::from_utf8_lossy(&folded.bytes()[..at as usize]).chars().count();
        by_name[o.name as usize].push((chars(o.start), chars(o.end)));
    }
    by_name.iter_mut().for_each(|places| places.sort_unstable());
    by_name
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_matcher_equals_a_naive_search((names, titles) in corpus()) {
        let names = clean_names(&names);
        let folded: Vec<String> = names.iter().map(|n| pipeline::clean::fold(n)).collect();
        let matcher = Matcher::new(folded.iter().map(String::as_str), Overlap::All);
        for title in &titles {
            let title = clean_line(title).text;
            let found = ours(&matcher, names.len(), &title);
            for (name, found) in names.iter().zip(found) {
                prop_assert_eq!(&found, &naive(name, &title), "{:?} in {:?}", name, title);
            }
        }
    }

    #[test]
    fn the_longest_choice_keeps_what_lies_in_nothing_longer((names, titles) in corpus()) {
        let names = clean_names(&names);
        let folded: Vec<String> = names.iter().map(|n| pipeline::clean::fold(n)).collect();
        let matcher = Matcher::new(folded.iter().map(String::as_str), Overlap::Longest);
        for title in &titles {
            let title = clean_line(title).text;
            let all: Vec<_> = names.iter().flat_map(|name| naive(name, &title)).collect();
            let nested = |(start, end): (usize, usize)| {
                all.iter().any(|&(s, e)| s <= start && end <= e && end - start < e - s)
            };
            for (name, found) in names.iter().zip(ours(&matcher, names.len(), &title)) {
                let mut expect = naive(name, &title);
                expect.retain(|&place| !nested(place));
                prop_assert_eq!(&found, &expect, "{:?} in {:?}", name, title);
            }
        }
    }

    #[test]
    fn a_span_shows_the_name_in_the_title_as_it_was_written((names, titles) in corpus()) {
        let names = clean_names(&names);
        let drugs = names.iter().map(|name| Drug { atccode: None, name: name.clone() }).collect();
        let vocabulary = Vocabulary::new(drugs);
        let matcher = vocabulary.matcher(Overlap::All);
        let folded = |title: &String| {
            let mut folded = Folded::default();
            folded.fill(title);
            folded
        };
        // Twice, since room is kept from search to search.
        let (texts, mut search) = (titles.iter().map(folded).collect::<Vec<_>>(), Search::default());
        for texts in [&texts[..], &texts[titles.len() / 2..]] {
            matcher.find_all(texts, &mut search);
            for (number, text) in texts.iter().enumerate() {
                let mut alone = Vec::new();
                matcher.find(text, &mut alone);
                prop_assert_eq!(search.of(number), &alone);
            }
        }
        for title in &titles {
            let title = clean_line(title).text;
            let (mut folded, mut found) = (Folded::default(), Vec::new());
            folded.fill(&title);
            matcher.find(&folded, &mut found);
            for o in found {
                let (start, end) = folded.span(o.start as usize, o.end as usize);
                let shown: String = title.chars().skip(start as usize).take((end - start) as usize).collect();
                let name = &vocabulary.drugs()[vocabulary.bearers(o.name)[0] as usize].name;
                // A name that begins with a mark takes the character along that the mark sits on.
                let (shown, name) = (pipeline::clean::fold(&shown), pipeline::clean::fold(name));
                prop_assert!(shown.ends_with(&name), "{:?} shows {:?} in {:?}", name, shown, title);
            }
        }
    }
}

#[test]
fn a_vocabulary_of_fifty_thousand_names_is_found_whole() {
    let names: Vec<String> = (0..50_000)
        .map(|i| match i % 4 {
            0 => format!("drug{i}"),
            1 => format!("2-methyl-{i}"),
            2 => format!("N,N-{i} acid"),
            _ => format!("acid {i}-ol"),
        })
        .collect();
    let matcher = Matcher::new(
        names.iter().map(|n| n.to_lowercase()).collect::<Vec<_>>().iter().map(String::as_str),
        Overlap::All,
    );
    let (mut folded, mut found) = (Folded::default(), Vec::new());
    for (i, name) in names.iter().enumerate() {
        folded.fill(&format!("({}) and more", name.to_uppercase()));
        found.clear();
        matcher.find(&folded, &mut found);
        assert!(found.iter().any(|o| o.name as usize == i && o.start == 1), "{name}");
    }
}
