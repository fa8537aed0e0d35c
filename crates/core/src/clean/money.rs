//! The words that people put around an amount of money, and what they say of it.

/// Tells whether a character is the sign of a currency.
pub(super) fn is_currency(c: char) -> bool {
    matches!(c, '$' | '¢' | '£' | '¤' | '¥' | '\u{20a0}'..='\u{20cf}')
}

/// Names of currencies that stand right before or behind an amount: codes of ISO 4217, and what people write.
pub(super) fn is_currency_word(word: &str) -> bool {
    const WORDS: [&str; 56] = [
        "aed", "ars", "aud", "bgn", "brl", "cad", "cfa", "chf", "cny", "czk", "dkk", "dzd", "egp", "eur",
        "euro", "euros", "fr", "franc", "francs", "franken", "frs", "gbp", "hkd", "huf", "idr", "ils", "inr",
        "isk", "jpy", "kr", "krw", "kč", "mad", "mxn", "myr", "nok", "nzd", "php", "pln", "ron", "rs", "rub",
        "sar", "sek", "sfr", "sgd", "thb", "tnd", "try", "twd", "uah", "usd", "xaf", "xof", "zar", "zł",
    ];
    WORDS.contains(&word)
}

/// Tells whether a number behind a word, which is in lower case, numbers a thing: `lot 3`.
pub(super) fn is_numbered(word: &str) -> bool {
    const NUMBERED: [&str; 29] = [
        "app",
        "appartement",
        "appt",
        "apt",
        "art",
        "bloc",
        "bât",
        "bâtiment",
        "chambre",
        "einheit",
        "etage",
        "étage",
        "floor",
        "lot",
        "n",
        "niveau",
        "no",
        "nr",
        "objekt",
        "pièce",
        "pièces",
        "room",
        "stock",
        "type",
        "unit",
        "zi",
        "zimmer",
        "réf",
        "ref",
    ];
    NUMBERED.contains(&word)
}

/// Tells whether a word says that the digits are not the amount: thousands, millions, cents.
pub(super) fn names_a_multiple(text: &str) -> bool {
    const MULTIPLES: [&str; 55] = [
        "k",
        "mn",
        "mm",
        "mln",
        "mio",
        "mios",
        "mill",
        "million",
        "millions",
        "millionen",
        "milione",
        "milioni",
        "millón",
        "millones",
        "mrd",
        "mia",
        "milliard",
        "milliards",
        "milliarden",
        "miliardi",
        "bn",
        "bio",
        "billion",
        "billions",
        "billionen",
        "tsd",
        "tausend",
        "thousand",
        "mille",
        "mila",
        "mil",
        "hundred",
        "hundert",
        "cent",
        "cents",
        "centime",
        "centimes",
        "ct",
        "cts",
        "rappen",
        "rp",
        "pence",
        "lakh",
        "lakhs",
        "crore",
        "crores",
        "keur",
        "kchf",
        "kusd",
        "kgbp",
        "teur",
        "tchf",
        "meur",
        "mchf",
        "musd",
    ];
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.any(|word| word.len() <= 12 && MULTIPLES.contains(&&*word.to_lowercase()))
        || text.char_indices().any(|(at, c)| {
            // `T€`, `M$`
            let before = text[..at].chars().next_back();
            is_currency(c) && before.is_some_and(|letter| matches!(letter, 'T' | 'M' | 't' | 'm'))
        })
}
