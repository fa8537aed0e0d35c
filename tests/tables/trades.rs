//! `trades`

use serde_json::json;

use crate::tables::Shipped;

const HEADER: &str = "product,delivery_start,delivery_end,delivery_area,price,volume\n";
const TABLES: [&str; 4] = ["bronze/trades", "gold/average", "gold/top_volume", "gold/anomalies"];

fn bytes(test: &Shipped) -> Vec<Vec<u8>> {
    TABLES.iter().map(|table| std::fs::read(test.out().join(table).join("part-0.parquet")).unwrap()).collect()
}

#[test]
fn the_sample_gives_four_tables() {
    let test = Shipped::new("trades");
    test.run(&test.sample(), &[]).expect_code(0);
    assert_eq!(test.number("SELECT count(*) FROM bronze"), 118);
    assert_eq!(test.number("SELECT count(*) FROM average"), 30);
    assert_eq!(test.number("SELECT count(*) FROM rejects"), 4);
    assert_eq!(
        test.rows("SELECT delivery_area, total_volume FROM top_volume"),
        json!([
            { "delivery_area": "DE", "total_volume": 33.0 },
            { "delivery_area": "FR", "total_volume": 30.0 },
            { "delivery_area": "DE", "total_volume": 28.0 },
            { "delivery_area": "DE", "total_volume": 27.1 },
            { "delivery_area": "BE", "total_volume": 27.0 },
        ])
    );
    assert_eq!(
        test.rows("SELECT price FROM anomalies ORDER BY price"),
        json!([{ "price": 13.63 }, { "price": 65.88 }, { "price": 77.76 }, { "price": 210.5 }, { "price": 950.0 }])
    );
    // The classic rule flags whatever has a negative mean.
    test.run(&test.sample(), &["--task", "anomalies", "--set", "rule=mean"]).expect_code(0);
    assert_eq!(test.number("SELECT count(*) FROM anomalies WHERE average_price < 0"), 5);
    assert_eq!(test.number("SELECT count(*) FROM anomalies"), 9);
}

#[test]
fn a_second_run_and_one_thread_write_the_same_bytes() {
    let test = Shipped::new("trades");
    test.run(&test.sample(), &[]).expect_code(0);
    let first = bytes(&test);
    test.run(&test.sample(), &[]).expect_code(0);
    assert!(first == bytes(&test), "a second run");
    test.run(&test.sample(), &["--threads", "1"]).expect_code(0);
    assert!(first == bytes(&test), "one thread");
}

#[test]
fn each_gold_table_can_be_made_alone_from_bronze_elsewhere() {
    let test = Shipped::new("trades");
    test.run(&test.sample(), &[]).expect_code(0);
    let whole = bytes(&test);
    let elsewhere = test.dir.path().join("elsewhere");
    std::fs::rename(test.out().join("bronze/trades"), &elsewhere).unwrap();
    std::fs::remove_dir_all(test.out().join("gold")).unwrap();
    let bronze = format!("bronze={}", elsewhere.display());
    for task in ["anomalies", "top_volume", "average"] {
        test.run(&test.data(), &["--task", task])
            .expect_code(2)
            .stderr_has("the table `bronze` is not there");
        test.run(&test.data(), &["--task", task, "--set", &bronze]).expect_code(0);
    }
    std::fs::rename(&elsewhere, test.out().join("bronze/trades")).unwrap();
    assert!(whole == bytes(&test));
}

#[test]
fn a_rule_that_is_none_is_no_empty_table() {
    let test = Shipped::new("trades");
    test.run(&test.sample(), &["--set", "rule=meen"]).expect_code(1).stderr_has("known_rule");
    assert!(!test.out().join("gold").exists());
}

#[test]
fn the_input_is_a_file_a_folder_or_a_pattern() {
    let test = Shipped::new("trades");
    let sample = test.sample();
    for (input, trades) in [("", 118), ("/trades_2023-01-01.csv", 60), ("/*-02.csv", 58)] {
        let input = format!("input={}{input}", sample.display());
        test.run(&test.data(), &["--set", &input]).expect_code(0);
        assert_eq!(test.number("SELECT count(*) FROM bronze"), trades, "{input}");
    }
    let input = format!("input={}/gone.csv", sample.display());
    test.run(&test.data(), &["--set", &input]).expect_code(2).stderr_has("the source `trades` has no file");
}

#[test]
fn the_input_may_be_parquet() {
    let test = Shipped::new("trades");
    test.run(&test.sample(), &[]).expect_code(0);
    let first = bytes(&test);
    let bronze = test.dir.path().join("bronze.parquet");
    std::fs::rename(test.out().join("bronze/trades/part-0.parquet"), &bronze).unwrap();
    test.run(&test.data(), &["--set", &format!("input={}", bronze.display())]).expect_code(0);
    assert!(first == bytes(&test));
}

#[test]
fn gold_does_not_depend_on_the_order_of_trades() {
    let test = Shipped::new("trades");
    // Of F and G the same volumes, in another order: as plain sums of floats they differ.
    let volumes = [0.1, 0.2, 0.3, 1e6, 0.7, 1e-3];
    let trade = |product: char, i: usize| {
        format!("{product},2023-01-01T10:00:00Z,2023-01-01T11:00:00Z,FR,{}.1,{}\n", i * 7, volumes[i])
    };
    let mut trades: Vec<String> = "ABCDEF".chars().flat_map(|p| (0..6).map(move |i| trade(p, i))).collect();
    trades.extend((0..6).rev().map(|i| trade('G', i)));
    let mut answers = Vec::new();
    for _ in 0..3 {
        test.write("a.csv", format!("{HEADER}{}", trades.concat()));
        let outcome = test.run(&test.data(), &[]).expect_code(0);
        let line = outcome.stdout.lines().find(|line| line.starts_with("tied_for_fifth")).unwrap();
        assert!(line.ends_with(" 2"), "{line}");
        answers.push(bytes(&test).split_off(1));
        trades.rotate_left(11);
        trades.sort_by_key(|trade| trade.len() % 5);
    }
    assert!(answers[0] == answers[1] && answers[0] == answers[2]);
}

#[test]
fn products_tied_for_the_fifth_place_are_named() {
    let test = Shipped::new("trades");
    let trade = |product: &str| format!("{product},2023-01-01T10:00:00Z,2023-01-01T11:00:00Z,FR,1,5\n");
    test.write(
        "a.csv",
        format!("{HEADER}{}", "GFEDCBA".split("").filter(|p| !p.is_empty()).map(trade).collect::<String>()),
    );
    let outcome = test.run(&test.data(), &[]).expect_code(0);
    let line = outcome.stdout.lines().find(|line| line.starts_with("tied_for_fifth")).unwrap();
    assert!(line.ends_with(" 2"), "{line}");
    let five = test.rows("SELECT product FROM top_volume ORDER BY product");
    assert_eq!(
        five,
        json!([{"product": "A"}, {"product": "B"}, {"product": "C"}, {"product": "D"}, {"product": "E"}])
    );
}

#[test]
fn a_delivery_without_trades_does_not_pass() {
    let test = Shipped::new("trades");
    test.write("a.csv", HEADER);
    test.run(&test.data(), &[]).expect_code(1).stderr_has("some_trades");
}

#[test]
fn numbers_that_are_none_are_rejects() {
    let test = Shipped::new("trades");
    let row = |price: &str| format!("P,2023-01-01T10:00:00Z,2023-01-01T11:00:00Z,FR,{price},1\n");
    let rows: String = ["1e400", "NaN", "inf", "\"1.234,56\"", "1 234.5", "-0"].map(row).concat();
    test.write("a.csv", format!("{HEADER}{rows}"));
    test.run(&test.data(), &["--max-rejects", "5"]).expect_code(0);
    assert_eq!(test.rows("SELECT price FROM bronze WHERE price = 0").as_array().unwrap().len(), 1);
    assert_eq!(test.number("SELECT count(*) FROM rejects"), 5);
}
