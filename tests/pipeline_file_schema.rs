//! The JSON Schema of pipeline files, by which editors complete them: it takes what ships, and refuses what the program
//! refuses.

use pipeline::clean::DateOrder;
use pipeline::source::{Encoding, FileFormat, ListFormat};
use pipeline::spec::tables::{ColumnType, NumberStyle, TableFormat, WriteMode};
use pipeline::spec::{Builtin, SHIPPED};
use serde_json::{Value, json};

use crate::spec_problems::ORDERS;

fn schema() -> Value {
    let text = include_str!("../schemas/pipeline-file.schema.json");
    serde_json::from_str(text).unwrap()
}

fn problems(toml: &str) -> Vec<String> {
    let document: toml::Table = toml.parse().unwrap();
    let document = serde_json::to_value(document).unwrap();
    let validator = jsonschema::validator_for(&schema()).unwrap();
    validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn what_ships_is_as_the_schema_says() {
    assert!(jsonschema::meta::is_valid(&schema()));
    for shipped in SHIPPED {
        assert_eq!(problems(shipped.toml), [""; 0], "{}", shipped.name);
    }
    assert_eq!(problems(ORDERS), [""; 0]);
}

#[test]
fn what_is_no_key_or_value_is_refused() {
    let replaced = [
        ("retries = 2", "retrys = 2"),
        ("retries = 2", "retries = \"2\""),
        ("retry_delay = \"30s\"", "retry_delay = \"30\""),
        ("schedule = \"0 3 * * *\"", "schedule = \"daily\""),
        ("least = 10.0", "date = 10.0"),
        ("least = 10.0", "least = [10.0]"),
        ("max_rejects = \"5%\"", "max_reject = \"5%\""),
        ("max_rejects = \"5%\"", "max_rejects = \"many\""),
        ("day = \"date\"", "day = \"dat\""),
        ("day = \"date\"", "\"the day\" = \"date\""),
        ("from = \"Amount\"", "form = \"Amount\""),
        ("number = \"1.234,56\"", "number = \"1.234.56\""),
        ("negative-amount =", "NegativeAmount ="),
        ("after = [\"bronze\"]", "afer = [\"bronze\"]"),
        ("format = \"parquet\"", "format = \"parkett\""),
        ("mode = \"upsert\"", "mode = \"upset\""),
        ("to = \"{out}/report.csv\"", "to = \"report.csv\""),
        ("write = { to = \"{gold}/totals\", format = \"parquet\" }\n", ""),
        ("columns = { id = \"string\", country = \"string\" }\n", ""),
        ("blocking = true", "blocking = \"yes\""),
        ("name = \"a total is a sum\"\n", ""),
        ("given.customers", "give.customers"),
    ];
    for (from, to) in replaced {
        assert!(ORDERS.contains(from), "{from}");
        let broken = ORDERS.replacen(from, to, 1);
        assert!(!problems(&broken).is_empty(), "lets this pass: {to}");
    }
}

#[test]
fn the_values_to_choose_from_are_those_of_the_code() {
    let schema = schema();
    let check = |pointer: &str, names: Vec<&str>| {
        let listed = schema.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
        assert_eq!(*listed, json!(names), "{pointer}");
    };
    let source = "/$defs/source/properties";
    let column = format!("{source}/columns/patternProperties/^[A-Za-z_][A-Za-z0-9_]{{0,62}}$/anyOf");
    let types = ColumnType::ALL.map(ColumnType::name).to_vec();
    check(&format!("{column}/0/enum"), types.clone());
    check(&format!("{column}/1/properties/type/enum"), types);
    check(&format!("{column}/1/properties/number/enum"), NumberStyle::ALL.map(NumberStyle::name).to_vec());
    check(&format!("{source}/format/enum"), FileFormat::TABLES.map(FileFormat::name).to_vec());
    let files = FileFormat::NAMES.map(|(name, _)| name);
    let lists = ListFormat::ALL.map(ListFormat::name);
    check("/$defs/drugs_source/properties/format/enum", [&files[..], &lists].concat());
    check(&format!("{source}/encoding/enum"), Encoding::ALL.map(Encoding::name).to_vec());
    check(&format!("{source}/date_order/enum"), DateOrder::ALL.map(DateOrder::name).to_vec());
    check("/$defs/write/properties/format/enum", TableFormat::ALL.map(TableFormat::name).to_vec());
    check("/$defs/write/properties/mode/enum", WriteMode::ALL.map(WriteMode::name).to_vec());
    check("/$defs/drugs_task/properties/builtin/enum", Builtin::ALL.map(Builtin::name).to_vec());
}
