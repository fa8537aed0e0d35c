//! Questions in SQL about what a pipeline wrote.

use serde_json::json;

use crate::schemas::check;
use crate::support::Test;
use crate::table_runs::Tables;

#[test]
fn tables_and_rejects_are_there_under_their_names() {
    let shops = Tables::shops();
    shops.run(&[]).expect_code(0);
    for (query, expect) in [
        ("SELECT shop, total FROM report ORDER BY shop", json!([{ "shop": "north", "total": 12.5 }])),
        ("SELECT count(*) AS n FROM kept JOIN sums USING (shop)", json!([{ "n": 2 }])),
        ("SELECT id FROM kept WHERE id = 'x'", json!([])),
        (
            "SELECT source, file, line, codes FROM rejects",
            json!([{ "source": "sales", "file": "a.csv", "line": 4, "codes": ["wrong-type"] }]),
        ),
    ] {
        let answer = shops.does("sql", &[query, "--format", "json"]).expect_code(0);
        let rows = serde_json::from_str(&answer.stdout).unwrap();
        check("sql", &rows);
        assert_eq!(rows, expect, "{query}");
    }
    let answer = shops.does("sql", &["SELECT shop, total, sales FROM report"]).expect_code(0);
    assert_eq!(answer.stdout, "shop   total  sales\nnorth   12.5      2\n");
}

#[test]
fn what_cannot_be_answered_is_told_with_its_place_or_with_what_to_do() {
    let shops = Tables::shops();
    shops
        .does("sql", &["SELECT * FROM kept"])
        .expect_code(2)
        .stderr_has("no run of `shops` has written to")
        .stderr_has("run `pipeline run shops` first");
    shops.run(&[]).expect_code(0);
    for (query, told) in [
        ("SELECT * FROM kpt", "SQL:1:15: unknown table `kpt`; did you mean `kept`?"),
        ("SELECT * FROM sales", "the tables are kept, sums, counts, report, rejects"),
        ("SELECT shp FROM kept", "SQL:1:8: unknown column `shp`; did you mean `shop`?"),
        ("DELETE FROM kept", "SQL:1:1: only a query may run, no DELETE"),
        ("SELECT * FROM 'a.csv'", "SQL:1:15: `a.csv` is no table"),
    ] {
        shops.does("sql", &[query]).expect_code(2).stderr_has(told);
    }
}

#[test]
fn the_mention_graph_is_tables_too() {
    let rows = "1,Ethanol and atropine,2020-01-01,A\n2,On ethanol,2019,\n3,  ,2020-01-02,B\n";
    let ran = Test::new().pubmed(rows).args(&["--max-rejects", "1"]).success();
    let ask = |query: &str| {
        let mut command = crate::support::pipeline();
        command
            .args(["sql", "drugs", query, "--format", "json", "--out"])
            .arg(ran.folder.join("out/output.json"));
        let answer = command.output().unwrap();
        assert!(answer.status.success(), "{query}: {}", String::from_utf8_lossy(&answer.stderr));
        serde_json::from_slice::<serde_json::Value>(&answer.stdout).unwrap()
    };
    let counts: usize = ran.counts().values().sum();
    assert_eq!(counts, 3);
    assert_eq!(ask("SELECT count(*) AS n FROM mentions"), json!([{ "n": counts }]));
    assert_eq!(ask("SELECT sum(mentions) AS n FROM drugs"), json!([{ "n": counts }]));
    assert_eq!(
        ask(
            "SELECT count(*) AS n FROM mentions m JOIN publications p ON m.publication = p.key JOIN journals j ON p.journal = j.title"
        ),
        ask("SELECT count(journal) AS n FROM mentions")
    );
    assert_eq!(
        ask("SELECT source, file, line, codes FROM rejects"),
        json!([{ "source": "pubmed", "file": "pubmed.csv", "line": 4, "codes": ["missing-title"] }])
    );
}
