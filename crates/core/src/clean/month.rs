//! Names of months.

/// English and French, and their usual abbreviations.
const MONTHS: [&[&str]; 12] = [
    &["jan", "january", "janv", "janvier"],
    &["feb", "february", "fev", "fevr", "fevrier"],
    &["mar", "march", "mars"],
    &["apr", "april", "avr", "avril"],
    &["may", "mai"],
    &["jun", "june", "juin"],
    &["jul", "july", "juil", "juillet"],
    &["aug", "august", "aout"],
    &["sep", "sept", "september", "septembre"],
    &["oct", "october", "octobre"],
    &["nov", "november", "novembre"],
    &["dec", "december", "decembre"],
];

/// The month that an English or French name, or its usual abbreviation, stands for.
pub(super) fn month_of(word: &str) -> Option<u32> {
    if word.len() > 12 {
        return None;
    }
    if word.is_ascii() {
        // The first three letters leave one month, or two.
        let months = match word.as_bytes().first_chunk::<3>()?.map(|letter| letter | 0x20).as_slice() {
            b"jan" => 1..=1,
            b"feb" | b"fev" => 2..=2,
            b"mar" => 3..=3,
            b"apr" | b"avr" => 4..=4,
            b"may" | b"mai" => 5..=5,
            b"jun" => 6..=6,
            b"jui" => 6..=7,
            b"jul" => 7..=7,
            b"aug" | b"aou" => 8..=8,
            b"sep" => 9..=9,
            b"oct" => 10..=10,
            b"nov" => 11..=11,
            b"dec" => 12..=12,
            _ => return None,
        };
        let names = |month: &u32| MONTHS[*month as usize - 1].iter();
        return months.into_iter().find(|month| names(month).any(|name| name.eq_ignore_ascii_case(word)));
    }
    // Accents are often lost on the way, so they do not count; a decomposed one is two characters.
    let plain = |c: char| match c {
        'é' | 'è' => Some('e'),
        'û' => Some('u'),
        '\u{300}' | '\u{301}' | '\u{302}' => None,
        c => Some(c),
    };
    let name: String = word.chars().flat_map(char::to_lowercase).filter_map(plain).collect();
    name.is_ascii().then(|| month_of(&name))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::date;

    #[test]
    fn every_name_of_a_month_is_known() {
        for (month, name) in
            (1..).zip(MONTHS).flat_map(|(month, names)| names.iter().map(move |name| (month, name)))
        {
            let text = |name: &str| {
                date::read(&format!("7 {name} 2020"), date::DateOrder::Dmy).map(|read| read.date)
            };
            assert_eq!(month_of(name), Some(month), "{name}");
            assert_eq!(text(&name.to_uppercase()), date::Date::new(2020, month, 7), "{name}");
            assert_eq!((month_of(&format!("{name}x")), text(&name[..2])), (None, None), "{name}");
        }
        assert_eq!(["", "ja", "jux", "ßß"].map(month_of), [None; 4]);
    }
}
