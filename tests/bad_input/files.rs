//! Files that are missing, empty, cut short, or no files.

use std::fs;
use std::io::Write;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{DRUGS, HEADER, Test};

const TRIALS: &str = "id,scientific_title,date,journal\n";

fn gzip(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_ref()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_missing_file_is_named_with_its_pattern() {
    for (file, source) in
        [("drugs.csv", "drugs"), ("pubmed.csv", "pubmed"), ("clinical_trials.csv", "clinical_trials")]
    {
        let outcome = Test::new().remove(file).failure();
        let outcome = outcome.told(&format!("the source `{source}` has no file"), "--data");
        assert!(!outcome.folder.join("out/output.json").exists());
    }
    Test::new().remove("pubmed.csv").failure().told("`pubmed*.csv` or `pubmed*.json`", "optional");
}

#[test]
fn a_data_folder_that_is_missing_or_a_file_is_named() {
    let test = Test::bare();
    fs::remove_dir(test.data()).unwrap();
    test.failure().told("the data folder", "--data");
    let test = Test::bare();
    fs::remove_dir(test.data()).unwrap();
    fs::write(test.data(), "").unwrap();
    test.failure().told("is no folder", "--data");
}

#[test]
fn a_pattern_that_matches_nothing_fails_unless_the_source_is_optional() {
    let spec = include_str!("../../dags/drugs.toml");
    for (with, code) in [("", 2), ("optional = true\n", 0)] {
        let test = Test::new().pubmed("1,ETHANOL,2020-01-01,Acta\n").remove("clinical_trials.csv");
        let dags = test.folder().join("dags");
        fs::create_dir(&dags).unwrap();
        let path = "path = [\"clinical_trials*.csv\", \"clinical_trials*.json\"]\n";
        let text = spec.replace(path, &format!("path = \"trials/*-[0-9].csv\"\n{with}"));
        assert_ne!(spec, text);
        fs::write(dags.join("drugs.toml"), text).unwrap();
        let outcome = test.args(&["--dags", dags.to_str().unwrap()]).run().expect_code(code);
        if code == 0 {
            outcome.gave(&[], &["ETHANOL 1"]);
        } else {
            outcome.told("`trials/*-[0-9].csv`", "optional = true");
        }
    }
}

#[test]
fn a_folder_a_pipe_or_a_device_under_the_name_of_an_input_is_refused_at_once() {
    for file in ["drugs.csv", "pubmed.csv", "pubmed2.json", "clinical_trials.csv.gz"] {
        let test = Test::new();
        let path = test.data().join(file);
        let _ = fs::remove_file(&path);
        fs::create_dir(&path).unwrap();
        test.run_behind(&[]).expect_code(2).told(&format!("{file}` is a folder"), "move it away");

        let test = Test::new();
        let path = test.data().join(file);
        let _ = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        test.run_behind(&[]).expect_code(2).told(&format!("{file}` is a pipe or a device"), "move it away");

        let test = Test::new();
        let path = test.data().join(file);
        let _ = fs::remove_file(&path);
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        test.run_behind(&[]).expect_code(2).told(&format!("{file}` is a pipe or a device"), "move it away");
    }
}

#[test]
fn a_link_that_leads_nowhere_is_named() {
    let test = Test::new();
    std::os::unix::fs::symlink("nowhere", test.data().join("pubmed2.csv")).unwrap();
    test.failure().told("pubmed2.csv", "check the path");
}

#[test]
fn files_without_a_row_are_told_and_pass() {
    for (file, text) in [
        ("pubmed.csv", ""),
        ("pubmed.csv", HEADER),
        ("pubmed.csv", "id,title,date,journal"),
        ("pubmed.csv", "\u{feff}"),
        ("pubmed.csv", " \n\n\t\n"),
        ("clinical_trials.csv", ""),
        ("clinical_trials.csv", TRIALS),
        ("pubmed.json", ""),
        ("pubmed.json", "[]"),
        ("pubmed.json", " \n [ \n ] \n"),
        ("pubmed.csv.gz", ""),
    ] {
        let outcome = Test::new().write("pubmed2.csv", format!("{HEADER}1,ATROPINE,2020-01-01,Acta\n"));
        let outcome = outcome.write(file, text).success();
        let [_, accepted, rejected, merged, _] = outcome.ledger(file);
        assert_eq!([accepted, rejected, merged], [0; 3], "{file}: {text:?}");
        assert!(outcome.warnings().contains(&"empty-file".to_owned()), "{file}: {text:?}");
        assert!(outcome.stdout.contains(file), "{file}: {text:?}");
        outcome.gave(&[], &["ATROPINE 1"]);
    }
}

#[test]
fn a_list_of_drugs_without_a_drug_ends_the_run() {
    for text in ["", " \n", "atccode,drug\n", "atccode,drug\n\n,\n", "atccode,drug\nA01, \n"] {
        Test::new().write("drugs.csv", text).failure().told("no drug in `drugs.csv`", "at least one row");
    }
}

#[test]
fn packed_files_read_as_their_content_does_whatever_their_name() {
    let pubmed = format!("{HEADER}1,ETHANOL,2020-01-01,Acta\n");
    let two_members = [gzip(HEADER), gzip("2,ATROPINE,2020-01-02,Acta\n")].concat();
    let outcome = Test::bare()
        .write("drugs.csv.gz", gzip(DRUGS))
        .write("pubmed.csv", gzip(&pubmed)) // packed, though its name does not say so
        .write("pubmed2.csv.gz", two_members)
        .write("pubmed3.csv.gz", pubmed.replace("1,E", "3,E")) // not packed, though its name says so
        .write("pubmed.json.gz", gzip(r#"[{"id":4,"title":"ASPIRIN","date":"2020","journal":"Acta"}]"#))
        .write("clinical_trials.csv.gz", gzip(format!("{TRIALS}5,aspirin,2020-01-01,Acta\n")))
        .success();
    outcome.gave(&[], &["ATROPINE 2", "ASPIRIN 4", "ASPIRIN 5", "ETHANOL 1", "ETHANOL 3"]);
}

#[test]
fn a_packed_file_that_is_cut_short_ends_the_run_and_leaves_the_former_output() {
    let trials = format!("{TRIALS}{}", super::rows(1, 2000));
    let pubmed = format!("{HEADER}{}", super::rows(1, 2000));
    let json = r#"{"id":4,"title":"ASPIRIN","date":"2020","journal":"Acta"}"#.repeat(50);
    for (file, content) in [
        ("drugs.csv.gz", DRUGS),
        ("pubmed9.csv.gz", &pubmed),
        ("pubmed9.json.gz", &json),
        ("clinical_trials9.csv.gz", &trials),
    ] {
        let packed = gzip(content);
        for len in [3, 11, packed.len() / 2, packed.len() - 9, packed.len() - 1] {
            let mut test = Test::new().write(file, &packed[..len]);
            if file == "drugs.csv.gz" {
                test = test.remove("drugs.csv");
            }
            fs::create_dir(test.folder().join("out")).unwrap();
            fs::write(test.out(), "former").unwrap();
            let out = test.out();
            let outcome = test.failure().told(file, "damaged or cut short");
            assert_eq!(fs::read_to_string(&out).unwrap(), "former");
            assert_eq!(fs::read_dir(out.parent().unwrap()).unwrap().count(), 1, "{}", outcome.stderr);
        }
    }
}

#[test]
fn a_packed_file_with_a_flipped_byte_ends_the_run() {
    let mut packed = gzip(format!("{HEADER}{}", super::rows(1, 2000)));
    let middle = packed.len() / 2;
    packed[middle] ^= 0x55;
    Test::new().write("pubmed9.csv.gz", packed).failure().told("pubmed9.csv.gz", "damaged");
}

#[test]
fn what_is_wrong_with_a_packed_file_is_told() {
    let whole = gzip(format!("{HEADER}{}", super::rows(1, 2000)));
    let mut no_such_block = whole.clone();
    no_such_block[10] |= 6;
    let mut other_sum = whole.clone();
    other_sum[whole.len() - 8] ^= 1;
    let garbage = [&whole[..], b"something else"].concat();
    for (packed, cause) in [
        (&no_such_block[..], "cannot be unpacked"),
        (&other_sum, "checksum"),
        (&garbage, "invalid gzip header"),
        (&whole[..whole.len() - 3], "unexpected end of file"),
    ] {
        let outcome = Test::new().write("pubmed9.csv.gz", packed).failure();
        outcome.told(cause, "the file is damaged or cut short: fetch it again");
    }
}

#[test]
fn a_file_whose_name_is_no_utf_8_is_read_all_the_same() {
    use std::os::unix::ffi::OsStrExt;
    let test = Test::new();
    for (name, id) in [(&b"pubmed\xfe.csv"[..], 1), (b"pubmed\xff.csv", 2)] {
        let path = test.data().join(std::ffi::OsStr::from_bytes(name));
        fs::write(path, format!("{HEADER}{id},ETHANOL,2020,Acta\n")).unwrap();
    }
    let outcome = test.success().gave(&[], &["ETHANOL 1", "ETHANOL 2"]);
    let source = &outcome.output()["drugs"][2]["mentions"]["pubmed"][0]["source"];
    assert_eq!(source, "pubmed\u{fffd}.csv:2");
}

#[test]
fn other_files_of_the_folder_are_left_alone() {
    Test::new()
        .pubmed("1,ETHANOL,2020-01-01,Acta\n")
        .write("notes.txt", [0xff, 0])
        .write("pubmed.csv.bak", "x")
        .write("medpub.csv", "x")
        .success()
        .gave(&[], &["ETHANOL 1"]);
}
