//! What the program writes is what the schemas in `schemas/` say, and they say it strictly.

mod refusals;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jsonschema::Validator;
use pipeline::graph::question::Reading;
use pipeline::record::{Kind, RejectCode, RepairCode, WarningCode};
use pipeline::source::Encoding;
use serde_json::{Value, json};

use crate::support::{Outcome, Test, pipeline, repository, run};

pub(crate) use refusals::refuses;

/// Text of a schema, by the name of what it describes.
const SCHEMAS: [(&str, &str); 21] = [
    ("output", include_str!("../schemas/output.schema.json")),
    ("run", include_str!("../schemas/run.schema.json")),
    ("reject", include_str!("../schemas/reject.schema.json")),
    ("repair", include_str!("../schemas/repair.schema.json")),
    ("rejects", include_str!("../schemas/rejects.schema.json")),
    ("top-journals", include_str!("../schemas/top-journals.schema.json")),
    ("related", include_str!("../schemas/related.schema.json")),
    ("trigger", include_str!("../schemas/trigger.schema.json")),
    ("status", include_str!("../schemas/status.schema.json")),
    ("completions", include_str!("../schemas/completions.schema.json")),
    ("check", include_str!("../schemas/check.schema.json")),
    ("list", include_str!("../schemas/list.schema.json")),
    ("upload", include_str!("../schemas/upload.schema.json")),
    ("upload-plan", include_str!("../schemas/upload-plan.schema.json")),
    ("rollback", include_str!("../schemas/rollback.schema.json")),
    ("sql", include_str!("../schemas/sql.schema.json")),
    ("table-run", include_str!("../schemas/table-run.schema.json")),
    ("backfill", include_str!("../schemas/backfill.schema.json")),
    ("table-rejects", include_str!("../schemas/table-rejects.schema.json")),
    ("replay", include_str!("../schemas/replay.schema.json")),
    ("fetch-result", include_str!("../schemas/fetch-result.schema.json")),
];

fn schema(name: &str) -> Value {
    let (_, text) = SCHEMAS.iter().find(|(known, _)| *known == name).expect(name);
    serde_json::from_str(text).expect(name)
}

/// What is wrong with a document.
fn problems(name: &str, document: &Value) -> Vec<String> {
    let validator: Validator = jsonschema::validator_for(&schema(name)).expect(name);
    validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// Fails unless a document is as its schema says.
pub(crate) fn check(name: &str, document: &Value) {
    let problems = problems(name, document);
    assert!(problems.is_empty(), "{name}:\n{}", problems.join("\n"));
}

/// A run on the sample data, made once.
fn sample() -> &'static Outcome {
    static SAMPLE: OnceLock<Outcome> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let folder = dir.path().to_owned();
        let mut command = pipeline();
        command.arg("run").arg("--data").arg(repository().join("data"));
        command.arg("--out").arg(folder.join("out/output.json")).args(["--format", "json"]);
        Outcome::new(&command.output().expect("the program starts"), Some(dir), folder).expect_code(0)
    })
}

/// What a command prints as JSON about a run.
fn answer(outcome: &Outcome, args: &[&str], option: &str) -> Value {
    let mut command = pipeline();
    command.args(args).args(["--format", "json"]).arg(option).arg(outcome.folder.join("out/output.json"));
    let outcome = Outcome::new(&command.output().expect("the program starts"), None, Default::default());
    serde_json::from_str(&outcome.expect_code(0).stdout).expect("one JSON document")
}

/// A run that meets every reject, repair and warning there is.
fn everything() -> Outcome {
    let spec = r#"
        [sources.drugs]
        path = ["drugs.csv", "list.rrf"]
        max_rejects = "100%"
        [sources.pubmed]
        path = ["pubmed*.csv", "pubmed*.json", "pubmed*.xml"]
        max_rejects = "100%"
        [sources.clinical_trials]
        path = "clinical_trials*.csv"
        rename = { title = "scientific_title" }
        on_invalid_date = "reject"
        max_rejects = "1.5%"
        [tasks.graph]
        builtin = "mentions"
    "#;
    let rows = "1,Aspirin,2020,Acta\n1,Ethanol,2020,Acta\n\
        2,A,2020,Acta\n3,A,2020,Acta\n,A,2020,Acta\n4,Twice,2020,Acta\n4,Twice,2020,Acta\n\
        5,,2020,Acta\n6,Ragged,2020\n7,\"Open,2020,Acta\n8,Zero\0 aspirin,01/02/2020,Acta\n\
        9,Escape \\xc3\\xb1 \\xc3\\x28,30/02/2020,\n10,Caf\u{e9},2020,Acta\n";
    let mut pubmed = format!("{}{rows}", crate::support::HEADER).into_bytes();
    pubmed.extend_from_slice(b"11,Caf\xe9 aspirin,2020,Acta\n");
    let long = format!("{}51,{},2020,Acta\n", crate::support::HEADER, "a".repeat(17 << 20));
    let json = "[\n{\"id\": 31, \"title\": \"a\"} {\"id\": 32, \"title\": \"b\", \"date\": NaN},\n\
        // comment\n{\"id\": 33, \"title\": \"c\",},\n{\"id\": 34, \"id\": 35, \"title\": \"d\"},\n\
        {\"id\": [36], \"title\": \"e\"},\n{\"other\": 1},\n{\"id\": 37 \"title\": \"f\"},\n7,\n\
        {\"id\": 38, \"title\": \"g\tg\"}\n";
    let record = |id: u32, title: &str, date: &str| {
        format!(
            "<PubmedArticle><MedlineCitation><PMID>{id}</PMID><Article><Journal><JournalIssue><PubDate><MedlineDate>{date}\
             </MedlineDate></PubDate></JournalIssue><Title>Acta</Title></Journal><ArticleTitle>{title}</ArticleTitle>\
             </Article></MedlineCitation></PubmedArticle>\n"
        )
    };
    let xml = record(61, "Aspirin", "2019 Jan-Feb") + &record(62, "Aspirin", "2019") + "<b>no record</b>";
    let update = record(61, "Aspirin &x; again", "2019")
        + "<DeleteCitation><PMID>62</PMID><PMID>63</PMID></DeleteCitation>";
    let test = Test::bare()
        .write(
            "drugs.csv",
            "atccode,drug,synonyms\nV03AB,ETHANOL,alcohol\nB01AC,ASPIRIN,\nN02BA,ASPIRIN,\n,OXYGEN,alcohol\n\
             6302001,ATROPINE,\nX,Z,\nV03AB,ethanol,\nA01AA,,\n",
        )
        .write("list.rrf", "1|ENG||||||||||RXNORM|SCD|1|ethanol 1 MG||N||\n")
        .write("pubmed1.xml", xml)
        .write("pubmed2.xml", update)
        .write("clinical_trials_2.csv", "NCT00000001,Alcohol,2020,Acta\n")
        .write("pubmed.csv", pubmed)
        .write("pubmed_empty.csv", "")
        .write("pubmed_latin.csv", b"id,title,date,journal\n21,Caf\xe9 ethanol,2020,Acta\n")
        .write("pubmed_long.csv", long)
        .write("pubmed.json", json)
        .write("pubmed_string.json", r#""[{\"id\": \"41\", \"title\": \"Aspirin\"}]""#)
        .write(
            "clinical_trials.csv",
            "id,scientific_title,date,journal\nT1,Aspirin,n/a,Acta\nT2,Ethanol,2020,Acta!\n",
        );
    let dags = test.folder().join("dags");
    std::fs::create_dir(&dags).expect("a folder");
    std::fs::write(dags.join("drugs.toml"), spec).expect("a pipeline file");
    let dags = dags.display().to_string();
    test.args(&["--dags", &dags, "--format", "json"]).not_passed()
}

/// What a run says for a day on which a source has no file.
fn skipped() -> Value {
    let spec = std::fs::read_to_string(repository().join("dags/drugs.toml")).expect("drugs.toml");
    let test = Test::new();
    std::fs::write(test.folder().join("drugs.toml"), spec.replace("pubmed*.csv", "pubmed_{date}.csv"))
        .expect("a pipeline file");
    let dags = test.folder().display().to_string();
    let outcome = test.args(&["--dags", &dags, "--date", "2026-11-21", "--format", "json"]).success();
    serde_json::from_str(&outcome.stdout).expect("one JSON document")
}

fn codes(findings: &[Value]) -> BTreeSet<&str> {
    findings.iter().map(|finding| finding["code"].as_str().expect("a code")).collect()
}

/// The values that a schema allows at a place.
fn allowed(schema: &Value, pointer: &str) -> BTreeSet<String> {
    let list = schema.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("no {pointer}"));
    let set: BTreeSet<_> = list.iter().map(|value| value.as_str().expect("a text").to_owned()).collect();
    assert_eq!(set.len(), list.len(), "{pointer} lists something twice");
    set
}

fn set<T: ToString>(values: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}

#[test]
fn the_graph_is_as_its_schema_says() {
    check("output", &sample().output());
}

#[test]
fn the_run_record_is_as_its_schema_says_in_the_file_and_on_stdout() {
    let record = sample().record();
    check("run", &record);
    let printed: Value = serde_json::from_str(&sample().stdout).expect("one JSON document");
    assert_eq!(printed, record);
    let skipped = skipped();
    check("run", &skipped);
    assert_eq!((&skipped["state"], &skipped["output"]), (&json!("skipped"), &Value::Null));
}

#[test]
fn each_reject_and_each_repair_is_as_its_schema_says() {
    let (rejects, repairs) = (sample().rejects(), sample().repairs());
    assert!(!rejects.is_empty() && !repairs.is_empty());
    rejects.iter().for_each(|reject| check("reject", reject));
    repairs.iter().for_each(|repair| check("repair", repair));
}

#[test]
fn answers_are_as_their_schemas_say() {
    let top: &[&[&str]] =
        &[&["analyze"], &["analyze", "top-journals"], &["analyze", "top-journals", "--limit", "4"]];
    for args in top {
        let answer = answer(sample(), args, "--graph");
        check("top-journals", &answer);
        assert!(!answer["journals"].as_array().expect("journals").is_empty());
    }
    for reading in Reading::ALL.map(Reading::name) {
        for drug in ["warfarin", "METFORMIN", "N02BA01"] {
            check(
                "related",
                &answer(sample(), &["analyze", "related", drug, "--reading", reading], "--graph"),
            );
        }
    }
    let completions = run(&["completions", "bash", "--format", "json"]).expect_code(0).stdout;
    check("completions", &serde_json::from_str(&completions).expect("one JSON document"));
    let rejects = answer(sample(), &["rejects"], "--out");
    check("rejects", &rejects);
    assert_eq!(rejects, json!({"rejects": sample().rejects(), "repairs": sample().repairs()}));
}

#[test]
fn the_schemas_know_every_code_that_can_occur() {
    let outcome = everything();
    let (record, rejects, repairs) = (outcome.record(), outcome.rejects(), outcome.repairs());
    check("output", &outcome.output());
    check("run", &record);
    check("rejects", &answer(&outcome, &["rejects"], "--out"));
    rejects.iter().for_each(|reject| check("reject", reject));
    repairs.iter().for_each(|repair| check("repair", repair));
    assert_eq!(record["state"], "not-passed");
    assert_eq!(record["exceeded"][0]["max_rejects"], "1.5%");
    // Those of tables are met in `crates/tables/src/table/read/tests/mod.rs`.
    let of_drugs = RejectCode::ALL.into_iter().filter(|code| !RejectCode::TABLES.contains(code));
    assert_eq!(set(codes(&rejects)), set(of_drugs.map(RejectCode::as_str)));
    let of_drugs = RepairCode::ALL.into_iter().filter(|code| !RepairCode::TABLES.contains(code));
    assert_eq!(set(codes(&repairs)), set(of_drugs.map(RepairCode::as_str)));
    let warnings = record["warnings"].as_array().expect("warnings");
    let day = skipped();
    let missing = codes(day["warnings"].as_array().expect("warnings"));
    let met = set(codes(warnings).union(&missing));
    // Those of an incremental run are met in `tests/incremental.rs`.
    let incremental = [WarningCode::CacheNotWritten, WarningCode::DamagedCache];
    let of_one_run = WarningCode::DRUGS.into_iter().filter(|code| !incremental.contains(code));
    assert_eq!(met, set(of_one_run.map(WarningCode::as_str)));
}

#[test]
fn enums_in_the_schemas_are_those_of_the_code() {
    let rejects = set(RejectCode::ALL.map(RejectCode::as_str));
    let repairs = set(RepairCode::ALL.map(RepairCode::as_str));
    let run = schema("run");
    assert_eq!(allowed(&schema("reject"), "/properties/code/enum"), rejects);
    assert_eq!(allowed(&schema("repair"), "/properties/code/enum"), repairs);
    assert_eq!(allowed(&run, "/properties/rejects/propertyNames/enum"), rejects);
    assert_eq!(allowed(&run, "/properties/repairs/propertyNames/enum"), repairs);
    let warning = "/$defs/warning/properties/code/enum";
    assert_eq!(allowed(&run, warning), set(WarningCode::DRUGS.map(WarningCode::as_str)));
    for name in ["table-run", "backfill", "replay"] {
        assert_eq!(
            allowed(&schema(name), warning),
            set(WarningCode::TABLES.map(WarningCode::as_str)),
            "{name}"
        );
    }
    let encodings = allowed(&run, "/$defs/source/properties/encoding/enum");
    assert_eq!(encodings, set(Encoding::ALL.map(Encoding::name)));
    let names = allowed(&run, "/$defs/source/properties/name/enum");
    assert_eq!(names, set(Kind::ALL.map(Kind::name).into_iter().chain(["drugs"])));
    let readings = allowed(&schema("related"), "/properties/reading/enum");
    assert_eq!(readings, set(Reading::ALL.map(Reading::name)));
}

#[test]
fn the_readme_explains_every_code() {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    let warnings = set(WarningCode::DRUGS.map(WarningCode::as_str));
    let of_tables = set(WarningCode::TABLES.map(WarningCode::as_str));
    let rejects = set(RejectCode::ALL.map(RejectCode::as_str));
    let repairs = set(RepairCode::ALL.map(RepairCode::as_str));
    let tables = [
        ("reject", rejects),
        ("repair", repairs),
        ("warning", warnings),
        ("warning of a pipeline of tables", of_tables),
    ];
    for (table, codes) in tables {
        let rows =
            readme.split(&format!("\n| {table} |")).nth(1).unwrap_or_else(|| panic!("no table {table}"));
        let rows = rows.split("\n\n").next().expect("a table");
        let listed = rows.lines().filter_map(|row| row.strip_prefix("| `")?.split(" |").next());
        let listed = listed.flat_map(|codes| codes.trim_end_matches('`').split("`, `"));
        assert_eq!(set(listed), codes, "{table}");
    }
}

#[test]
fn one_finding_has_one_schema_alone_and_in_the_list() {
    for name in ["reject", "repair"] {
        let mut alone = schema(name);
        alone.as_object_mut().expect("an object").remove("$schema");
        assert_eq!(schema("rejects")["$defs"][name], alone, "{name}");
    }
}

#[test]
fn every_object_is_closed_and_every_property_is_explained() {
    fn visit(name: &str, schema: &Value) {
        if let Some(list) = schema.as_array() {
            list.iter().for_each(|item| visit(name, item));
        }
        let Some(object) = schema.as_object() else { return };
        if let Some(properties) = object.get("properties").and_then(Value::as_object) {
            assert_eq!(object["additionalProperties"], false, "{name}: {schema}");
            let required = allowed(schema, "/required");
            // A mark, told only where it is so: a million mentions would say that it is not.
            let told = |key: &&String| !(name == "output" && key.as_str() == "ambiguous");
            assert_eq!(required, set(properties.keys().filter(told)), "{name}: a key may be missing");
            if let Some(mark) = properties.get("ambiguous").filter(|_| name == "output") {
                assert_eq!(mark["const"], true, "{name}: a mark says one thing");
            }
            for (key, property) in properties {
                for part in ["title", "description"] {
                    assert!(property[part].is_string(), "{name}: `{key}` has no {part}");
                }
            }
        }
        object.values().for_each(|value| visit(name, value));
    }
    for (name, _) in SCHEMAS {
        let schema = schema(name);
        assert!(jsonschema::meta::is_valid(&schema), "{name} is no JSON Schema");
        visit(name, &schema);
    }
}
