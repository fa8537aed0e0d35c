//! Results brought home.

use std::fs;

use serde_json::json;

use super::{Project, files};
use crate::gcs::fake::{Fault, Method};

#[test]
fn a_graph_comes_byte_for_byte_with_what_lies_beside_it() {
    let project = Project::new();
    let graph = b"{\"drugs\": []}\n".repeat(40_000);
    project.fake.put("data/output.json", graph.clone());
    project.fake.put("data/run.json", "{}");
    let answer = project.json(&["fetch-result"]);
    assert_eq!(fs::read(project.path("result/output.json")).unwrap(), graph);
    assert_eq!(files(&project.path("result")), ["output.json", "run.json"]);
    assert_eq!(answer["files"].as_array().unwrap().last().unwrap()["object"], json!("data/output.json"));
}

#[test]
fn what_is_not_there_is_told_and_nothing_is_written() {
    let project = Project::new();
    project.fake.put("data/run.json", "{}");
    project.run(&["fetch-result"]).expect_code(2).stderr_has("there is no `gs://bucket/data/output.json`");
    assert_eq!(files(&project.path("result")), Vec::<String>::new());
}

#[test]
fn damage_cuts_and_stalls_on_the_way_end_with_the_right_bytes() {
    for fault in
        [Fault::CorruptDownload, Fault::CutAfter(300_000), Fault::BrokenAfter(300_000), Fault::Status(503)]
    {
        let project = Project::new();
        let content: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
        project.fake.put("data/x.bin", content.clone());
        project.fake.fail(Method::Read, fault.clone());
        project.run(&["fetch-result", "--object", "data/x.bin", "--to", "out/x.bin"]).expect_code(0);
        assert_eq!(fs::read(project.path("out/x.bin")).unwrap(), content, "{fault:?}");
        assert_eq!(files(&project.path("out")), ["x.bin"], "{fault:?}");
        assert_eq!(project.fake.faults_left(), 0);
    }
}

#[test]
fn a_former_result_stays_whole_when_the_new_one_cannot_be_had() {
    let project = Project::new();
    project.write("result/output.json", "old");
    project.fake.put("data/output.json", "new!");
    project.fake.fail(Method::Read, Fault::Status(403));
    project.run(&["fetch-result"]).expect_code(2).stderr_has("403");
    assert_eq!(fs::read(project.path("result/output.json")).unwrap(), b"old");
}

#[test]
fn what_a_killed_call_left_is_used_for_the_same_generation_only() {
    let project = Project::new();
    let generation = project.fake.put("data/x.bin", vec![7; 500_000]);
    project.write(&format!("out/.x.bin.{generation}.part"), vec![7; 400_000]);
    project.run(&["fetch-result", "--object", "data/x.bin", "--to", "out/x.bin"]).expect_code(0);
    assert_eq!(fs::read(project.path("out/x.bin")).unwrap(), vec![7; 500_000]);
    let ranges = |project: &Project| -> Vec<Option<String>> {
        let requests = project.fake.requests();
        let reads = requests.iter().filter(|seen| seen.method == Method::Read);
        reads.map(|seen| seen.headers.get("range").cloned()).collect()
    };
    assert_eq!(ranges(&project), [Some("bytes=400000-".to_owned())]);

    project.write(&format!("out/.x.bin.{generation}.part"), vec![7; 400_000]);
    project.fake.put("data/x.bin", vec![8; 500_000]);
    project.fake.forget();
    project.run(&["fetch-result", "--object", "data/x.bin", "--to", "out/x.bin"]).expect_code(0);
    assert_eq!(fs::read(project.path("out/x.bin")).unwrap(), vec![8; 500_000]);
    assert_eq!(ranges(&project), [None]);
    assert_eq!(
        files(&project.path("out")),
        ["x.bin"],
        "the part of the former generation is of no use any more"
    );
}

#[test]
fn a_folder_comes_with_all_below_it() {
    let project = Project::new();
    for name in ["data/trades/a.parquet", "data/trades/b/c.parquet", "data/trades/", "data/trades.json"] {
        project.fake.put(name, if name.ends_with('/') { "" } else { name });
    }
    project.run(&["fetch-result", "--object", "data/trades/", "--to", "out"]).expect_code(0);
    assert_eq!(files(&project.path("out")), ["a.parquet", "b/c.parquet"]);
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused_before_anything_is_written() {
    for name in ["../../x", "/etc/x", "C:/x", r"a\..\b", "a/../../x", "..", "a//b"] {
        let project = Project::new();
        project.fake.put("data/trades/fine.csv", "fine");
        project.fake.put(&format!("data/trades/{name}"), "evil");
        project
            .run(&["fetch-result", "--object", "data/trades/", "--to", "out"])
            .expect_code(2)
            .stderr_has("refused to fetch");
        assert_eq!(files(&project.path("out")), Vec::<String>::new(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_the_folder_does_not_lead_out_of_it() {
    let project = Project::new();
    fs::create_dir_all(project.path("elsewhere")).unwrap();
    fs::create_dir_all(project.path("out")).unwrap();
    std::os::unix::fs::symlink(project.path("elsewhere"), project.path("out/sub")).unwrap();
    project.fake.put("data/trades/sub/x.csv", "evil");
    project
        .run(&["fetch-result", "--object", "data/trades/", "--to", "out"])
        .expect_code(2)
        .stderr_has("link");
    assert_eq!(files(&project.path("elsewhere")), Vec::<String>::new());
}
