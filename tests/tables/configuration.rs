//! `configuration`

use serde_json::json;

use crate::postgres::Server;
use crate::support::Outcome;
use crate::tables::{Shipped, real};

const BY_DAY: &str = "SELECT export_date, count(*) AS shops, count(DISTINCT id) AS ids FROM configuration \
                      GROUP BY export_date ORDER BY export_date";

#[test]
fn days_run_twice_and_backfilled_hold_each_shop_once() {
    let test = Shipped::new("configuration");
    let expected = json!([
        { "export_date": "2024-05-01", "shops": 11, "ids": 11 },
        { "export_date": "2024-05-02", "shops": 12, "ids": 12 },
        { "export_date": "2024-05-04", "shops": 11, "ids": 11 },
    ]);
    for _ in 0..2 {
        test.run(&test.sample(), &["--from", "2024-05-01", "--to", "2024-05-04"]).expect_code(0);
        assert_eq!(test.rows(BY_DAY), expected);
    }
    test.run(&test.sample(), &["--date", "2024-05-02"]).expect_code(0);
    assert_eq!(test.rows(BY_DAY), expected);
}

#[test]
fn a_day_without_a_file_is_skipped_and_a_run_without_a_day_refused() {
    let test = Shipped::new("configuration");
    let outcome = test.run(&test.sample(), &["--date", "2024-05-03"]).expect_code(0);
    assert!(outcome.stdout.contains("skipped"), "{}", outcome.stdout);
    test.run(&test.sample(), &[]).expect_code(2).stderr_has("--date");
}

#[test]
fn an_export_without_a_shop_does_not_empty_its_day() {
    let test = Shipped::new("configuration");
    test.run(&test.sample(), &["--date", "2024-05-02"]).expect_code(0);
    let text = std::fs::read_to_string(test.sample().join("2024-05-02.csv")).unwrap();
    test.write("2024-05-02.csv", format!("{}\n", text.lines().next().unwrap()));
    test.run(&test.data(), &["--date", "2024-05-02"])
        .expect_code(1)
        .stderr_has("the audit `some_shops` found 1 row");
    assert_eq!(test.number("SELECT count(*) FROM configuration WHERE export_date = DATE '2024-05-02'"), 12);
}

#[test]
fn a_missing_prefix_differs_from_the_plain_one_and_is_told_of() {
    let test = Shipped::new("configuration");
    test.run(&test.sample(), &["--date", "2024-05-02"]).expect_code(0);
    assert_eq!(
        test.rows("SELECT shop_domain, has_specific_prefix FROM configuration WHERE index_prefix IS NULL"),
        json!([{ "shop_domain": "shop-02.example", "has_specific_prefix": true }])
    );
    assert_eq!(test.number("SELECT count(*) FROM configuration WHERE has_specific_prefix IS NULL"), 0);
    // `N/A` is no number, and no zero.
    assert_eq!(test.number("SELECT count(*) FROM configuration WHERE nbr_metafields IS NULL"), 2);
}

#[test]
fn days_in_postgres_hold_each_shop_once() {
    let Some(server) = Server::shared() else { return };
    let (name, _) = server.database();
    let mut test = Shipped::new("configuration");
    test.database = Some(server.url(&name));
    let days = [["2024-05-01", "11"], ["2024-05-02", "12"], ["2024-05-04", "11"]];
    for args in [
        &["--from", "2024-05-01", "--to", "2024-05-04"][..],
        &["--date", "2024-05-02"],
        &["--date", "2024-05-02"],
    ] {
        let outcome = test.run(&test.sample(), args).expect_code(0);
        assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("canary"), "{}", outcome.stdout);
        let count = "SELECT export_date::text, count(DISTINCT id) FROM configuration GROUP BY 1 ORDER BY 1";
        assert_eq!(server.sql(&name, count), days);
        assert_eq!(server.sql(&name, "SELECT count(*) FROM configuration"), [["34"]]);
    }
    // `sql` asks Postgres, in its words.
    let sql = "SELECT export_date::text || '!' AS day FROM configuration WHERE id = (SELECT min(id) FROM configuration) LIMIT 1";
    assert_eq!(test.rows(sql), json!([{ "day": "2024-05-01!" }]));
    // The run's record says that they are there; the password is not on record.
    test.database = None;
    let ask = |args: &[&str]| {
        let output = test.command(&[&["sql", "configuration", sql], args].concat()).output().unwrap();
        Outcome::new(&output, None, test.data())
    };
    ask(&[]).expect_code(2).stderr_has("`database` of the last run is secret").stderr_has("--set database=");
    ask(&["--set", &format!("database={}", server.url(&name))]).expect_code(0);
}

#[test]
fn real_shops_in_postgres() {
    let (Some(folder), Some(server)) = (real("configuration"), Server::shared()) else { return };
    let (name, _) = server.database();
    let mut test = Shipped::new("configuration");
    test.database = Some(server.url(&name));
    for args in [
        &["--date", "2019-04-01"][..],
        &["--date", "2019-04-01"],
        &["--from", "2019-04-01", "--to", "2019-04-02"],
    ] {
        test.run(&folder, args).expect_code(0);
        let count = "SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE has_specific_prefix) FROM configuration";
        assert_eq!(server.sql(&name, count), [["1144", "1144", "645"]]);
    }
}

#[test]
fn real_shops() {
    let Some(folder) = real("configuration") else { return };
    let test = Shipped::new("configuration");
    for args in [["--date", "2019-04-01", "--threads", "1"], ["--from", "2019-04-01", "--to", "2019-04-02"]] {
        test.run(&folder, &args).expect_code(0);
        assert_eq!(test.rows(BY_DAY), json!([{ "export_date": "2019-04-01", "shops": 1144, "ids": 1144 }]));
    }
    assert_eq!(test.number("SELECT count(*) FROM configuration WHERE has_specific_prefix"), 645);
    assert_eq!(test.number("SELECT count(*) FROM configuration WHERE NOT has_specific_prefix"), 499);
    assert_eq!(test.number("SELECT count(*) FROM rejects"), 64);
    assert_eq!(test.number("SELECT count(*) FROM configuration WHERE nbr_metafields IS NULL"), 129);
}
