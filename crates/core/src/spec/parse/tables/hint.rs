//! Which tables some SQL may read, for a message that offers the right line. No parser: that is the engine's, which
//! not every build has.

use crate::spec::tables::is_name;

/// Those of the known tables that stand behind FROM, JOIN or a comma, in the order of the text.
pub(super) fn tables_in<'k>(sql: &str, known: &[&'k str]) -> Vec<&'k str> {
    let mut found: Vec<&str> = Vec::new();
    let words = sql.split_inclusive(|c: char| c.is_whitespace() || "(),;".contains(c));
    let mut table_next = false;
    for word in words {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        if bare.is_empty() {
            continue;
        }
        if table_next && is_name(bare) {
            let table = known.iter().find(|table| table.eq_ignore_ascii_case(bare));
            found.extend(table.filter(|table| !found.contains(*table)));
        }
        table_next = ["from", "join"].contains(&bare.to_ascii_lowercase().as_str()) || word.ends_with(',');
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_stand_behind_from_and_join() {
        let known = ["bronze", "gold", "price"];
        for (sql, expect) in [
            ("SELECT price FROM bronze", vec!["bronze"]),
            ("select *\nfrom gold g join (select 1 from Bronze) b on true", vec!["gold", "bronze"]),
            ("SELECT 1 FROM bronze, gold", vec!["bronze", "gold"]),
            ("SELECT 1 FROM bronze JOIN bronze USING (a)", vec!["bronze"]),
            ("SELECT 1", vec![]),
        ] {
            assert_eq!(tables_in(sql, &known), expect, "{sql}");
        }
    }
}
