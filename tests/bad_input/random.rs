//! Noise: whatever the bytes, the run ends, the ledger balances, and nothing panics.

use crate::support::{HEADER, Test};

/// A small generator (SplitMix64): the same numbers everywhere.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(super) fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    fn tokens(&mut self, count: usize, list: &[&str]) -> String {
        (0..count).map(|_| self.pick(list)).collect()
    }
}

#[track_caller]
fn survives(test: &Test, what: &str) {
    let outcome = test.run_behind(&[]);
    assert!(!outcome.stderr.contains("panicked"), "{what}: {}", outcome.stderr);
    match outcome.code {
        Some(0 | 1) => drop(outcome.balanced()),
        Some(2) => drop(outcome.told("", "")),
        code => panic!("{what}: {code:?} {}", outcome.stderr),
    }
}

#[test]
fn random_bytes_in_any_file_neither_panic_nor_hang() {
    for seed in 0..6 {
        let mut random = Random(seed);
        let noise = random.bytes(if seed == 0 { 1_200_000 } else { 30_000 });
        for file in ["pubmed.csv", "pubmed.json", "drugs.csv", "clinical_trials.csv"] {
            survives(&Test::new().lenient().write(file, &noise), &format!("{file}, seed {seed}"));
        }
        let behind = [HEADER.as_bytes(), &noise].concat();
        survives(&Test::new().lenient().write("pubmed.csv", behind), &format!("rows, seed {seed}"));
        let drugs = [b"atccode,drug\nA01,ETHANOL\n", &noise[..]].concat();
        survives(&Test::new().lenient().write("drugs.csv", drugs), &format!("drugs, seed {seed}"));
        let packed = [b"\x1f\x8b\x08\0\0\0\0\0\0\x03", &noise[..]].concat();
        survives(&Test::new().lenient().write("pubmed.csv.gz", packed), &format!("gzip, seed {seed}"));
    }
}

#[test]
fn random_csv_keeps_every_row_that_is_whole() {
    let list =
        ["\"", "\"", ",", ",", ",", "\n", "\n", "\r", "\r\n", "x", "ETHANOL", "\"\"", " ", "2020", "\0", "é"];
    for seed in 0..8 {
        let mut random = Random(100 + seed);
        let noise = random.tokens(if seed == 0 { 400_000 } else { 3000 }, &list);
        // A quote that is open at the end of the noise costs the noise's last line, not what is behind it.
        let text = format!("{HEADER}{noise}\n{}", super::rows(1_000_000, 5));
        let test = Test::new().lenient().write("pubmed.csv", text);
        survives(&test, &format!("seed {seed}"));
        let outcome = test.run_behind(&[]).expect_code(0);
        for id in 1_000_001..1_000_005 {
            assert!(outcome.mentions().contains(&format!("ETHANOL {id}")), "seed {seed}: {id}");
        }
    }
}

#[test]
fn random_json_keeps_the_records_behind_it() {
    let list = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        ",",
        ":",
        "\n",
        "\n",
        " ",
        "//",
        "/*",
        "*/",
        "NaN",
        "-",
        "1e5",
        "null",
        "\"id\":",
        "\"title\":",
        "\"ETHANOL\"",
        "\u{7f}",
        "é",
        "{\"title\":\"ASPIRIN\"}",
    ];
    for seed in 0..8 {
        let mut random = Random(200 + seed);
        let noise = random.tokens(if seed == 0 { 200_000 } else { 2000 }, &list).replace("/*", "/ *");
        let behind: String = (0..5)
            .map(|n| {
                format!("{{\"id\":\"z{n}\",\"title\":\"ATROPINE\",\"date\":\"2020\",\"journal\":\"A\"}}\n")
            })
            .collect();
        let test = Test::new().lenient().write("pubmed.json", format!("{noise}\n{behind}"));
        survives(&test, &format!("seed {seed}"));
        let outcome = test.run_behind(&[]).expect_code(0);
        for n in 1..5 {
            assert!(outcome.mentions().contains(&format!("ATROPINE z{n}")), "seed {seed}: {n}");
        }
    }
}
