//! `transactions`

use serde_json::json;

use crate::tables::{Shipped, real};

#[test]
fn the_sample_keeps_texts_and_the_order_of_ids() {
    let test = Shipped::new("transactions");
    test.run(&test.sample(), &[]).expect_code(0);
    let text = test.text("output_transactions.csv");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 21, "the doubled row is one");
    assert_eq!(lines[0], "id,amount,wording,tag,annotation");
    assert_eq!(lines[1], "1,1850.00,VIR SALAIRE,,LARGE SALE");
    assert_eq!(lines[3], "3,-312.7,PRLV ENERGIE ,,EXPENSE");
    assert_eq!(lines[12], "12,-7.50,\"CB PARKING, CENTRE\",,SMALL EXPENSE");
    assert_eq!(test.text("output_transactions_in_error.csv"), "id,amount,wording,tag,annotation\n");
}

#[test]
fn rows_in_error_are_reported_and_hold_up_nobody() {
    let test = Shipped::new("transactions");
    test.run(&test.sample().join("unexpected"), &[]).expect_code(1).stderr_has("rows_in_error");
    assert_eq!(test.text("output_transactions.csv").lines().count(), 12, "a header, and 11 of 12 rows");
    assert_eq!(
        test.text("output_transactions_in_error.csv"),
        "id,amount,wording,tag,annotation\n4,4500000,TAXI GARE,TAXI,ERROR\n"
    );
    assert_eq!(
        test.rows("SELECT line, codes FROM rejects"),
        json!([{ "line": 11, "codes": ["invalid-number"] }])
    );
}

#[test]
fn a_later_run_adds_new_ids_and_keeps_all() {
    let test = Shipped::new("transactions");
    test.write("transactions.csv", "id,amount,wording\n1,5,TATA\n2,400000,b\n");
    test.run(&test.data(), &[]).expect_code(1);
    let first = test.text("output_transactions.csv");
    test.run(&test.data(), &[]).expect_code(1);
    assert_eq!(test.text("output_transactions.csv"), first, "nothing is doubled");
    test.write("transactions.csv", "id,amount,wording\n2,7,b\n3,-250,c\n");
    test.run(&test.data(), &[]).expect_code(1);
    assert_eq!(
        test.text("output_transactions.csv"),
        "id,amount,wording,tag,annotation\n1,5,TATA,TATA,SALE\n2,400000,b,,ERROR\n3,-250,c,,EXPENSE\n"
    );
    // It is in error until somebody takes it out of the final file.
    assert!(test.text("output_transactions_in_error.csv").ends_with("\n2,400000,b,,ERROR\n"));
}

#[test]
fn real_transactions() {
    let Some(folder) = real("transactions") else { return };
    let test = Shipped::new("transactions");
    let text = std::fs::read_to_string(folder.join("transactions.csv")).unwrap();
    let given = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    test.write("transactions.csv", text.replacen("\n5,2.55,", "\n5,10000000,", 1));
    test.run(&test.data(), &[]).expect_code(1);
    for name in ["output_transactions.csv", "output_transactions_in_error.csv"] {
        assert_eq!(test.text(name), given(name), "{name}");
    }
    let test = Shipped::new("transactions");
    test.write("transactions.csv", given("transactions_with_unexpected_amount.csv"));
    test.run(&test.data(), &[]).expect_code(1);
    let rows = test.rows("SELECT id, amount FROM in_error ORDER BY id");
    assert_eq!(rows, json!([{ "id": "11", "amount": "666666666" }, { "id": "5", "amount": "10000000" }]));
}
