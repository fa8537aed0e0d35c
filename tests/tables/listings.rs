//! `listings`

use serde_json::{Value, json};

use crate::tables::{Shipped, real};

const ALL: &str = "SELECT id, scraping_date, property_type, municipality, price, living_area, price_per_square_meter \
                   FROM listings ORDER BY id";

fn kept_and_rejected(test: &Shipped) -> (i64, i64) {
    (test.number("SELECT count(*) FROM listings"), test.number("SELECT count(*) FROM rejects"))
}

#[test]
fn the_sample_by_both_rules() {
    let test = Shipped::new("listings");
    test.run(&test.sample(), &[]).expect_code(0);
    assert_eq!(kept_and_rejected(&test), (13, 10));
    assert_eq!(
        test.rows("SELECT id, price FROM listings WHERE id IN ('0012', '0013', '0014', '0015', '0016', '001c') ORDER BY id"),
        json!([
            { "id": "0012", "price": 374_100.0 },
            { "id": "0013", "price": 1_250_000.0 },
            { "id": "0014", "price": 1_150_000.0 },
            { "id": "0015", "price": 735_000.0 },
            { "id": "0016", "price": 645_000.0 },
            { "id": "001c", "price": 1_290_000.0 },
        ])
    );
    test.run(&test.sample(), &["--set", "rules=recent", "--max-rejects", "60%"]).expect_code(0);
    let dates = test.rows("SELECT min(scraping_date) AS first FROM listings");
    assert_eq!(dates, json!([{ "first": "2020-03-06" }]));
}

#[test]
fn no_column_can_be_null() {
    let test = Shipped::new("listings");
    test.run(&test.sample(), &[]).expect_code(0);
    let months: Vec<_> =
        std::fs::read_dir(test.out().join("listings")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(months.iter().any(|name| name == "scraping_month=2021-02"), "{months:?}");
    let rows = test.rows(ALL);
    for row in rows.as_array().unwrap() {
        assert!(row.as_object().unwrap().values().all(|value| *value != Value::Null), "{row}");
    }
}

#[test]
fn unknown_rules_do_not_pass() {
    let test = Shipped::new("listings");
    test.run(&test.sample(), &["--set", "rules=none"]).expect_code(1).stderr_has("known_rules");
}

#[test]
fn a_failed_step_has_a_fallback() {
    let test = Shipped::new("listings");
    test.run(&test.sample(), &["--set", "rules=none"]).expect_code(1);
    let text = test.text("failure.csv");
    assert!(text.starts_with("task,state,attempts,error\n") && text.contains("listings,"), "{text}");
}

#[test]
fn real_listings_by_both_rules_and_doubled() {
    let Some(folder) = real("listings") else { return };
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let area = Shipped::new("listings");
    area.write("sample.json", text("sample.json"));
    area.run(&area.data(), &[]).expect_code(0);
    assert_eq!(kept_and_rejected(&area), (92, 8));

    let recent = Shipped::new("listings");
    recent.write("scraping_data.jsonl", text("scraping_data.jsonl"));
    recent.run(&recent.data(), &["--set", "rules=recent"]).expect_code(0);
    assert_eq!(kept_and_rejected(&recent), (62, 38));
    let once = recent.rows(ALL);

    let lines = text("scraping_data.jsonl");
    recent.write(
        "scraping_data.jsonl",
        lines.lines().flat_map(|line| [line, "\n", line, "\n"]).collect::<String>(),
    );
    recent.run(&recent.data(), &["--set", "rules=recent"]).expect_code(0);
    assert_eq!(kept_and_rejected(&recent), (62, 38));
    assert_eq!(recent.rows(ALL), once);
}
