//! Lists and names.

use pipeline::remote::gcs::Over;

use crate::gcs::fake::{Fake, Fault, Method};
use crate::gcs::{body, open, unseen};
use crate::support::told;

#[tokio::test]
async fn a_list_has_all_pages() {
    let fake = Fake::start();
    let mut names: Vec<String> = (0..2500).map(|n| format!("dags/{n:04}.py")).collect();
    for name in &names {
        fake.put(name, "x");
    }
    fake.put("data/a", "y");
    let mut options = fake.options();
    options.page = 7;
    let bucket = open(&options).await;
    fake.fail_times(Method::List, 3, &Fault::Pass);
    fake.fail(Method::List, Fault::Status(503));
    let all = bucket.list_prefix("dags/").await.unwrap();
    assert_eq!(all.iter().map(|object| object.name.clone()).collect::<Vec<_>>(), names);
    assert_eq!(fake.count(Method::List), 2500_usize.div_ceil(7) + 1);
    assert_eq!(fake.writes(), 0);
    let some = bucket.list("dags/1000.py", "dags/1010.py").await.unwrap();
    assert_eq!(
        some.iter().map(|object| object.name.clone()).collect::<Vec<_>>(),
        names.drain(1000..1010).collect::<Vec<_>>()
    );
    assert_eq!(bucket.list("data/", "").await.unwrap().len(), 1);
    assert_eq!(bucket.list_prefix("none/").await.unwrap(), []);
}

#[tokio::test]
async fn pages_that_come_again_are_an_error() {
    let page = |next: &str| Fault::Answer(200, format!(r#"{{"items": [], "nextPageToken": "{next}"}}"#));
    for tokens in [["a", "a", "a", "a"], ["a", "b", "a", "b"]] {
        let fake = Fake::start();
        for token in tokens {
            fake.fail(Method::List, page(token));
        }
        let error = open(&fake.options()).await.list_prefix("").await.unwrap_err();
        assert!(told(&error).contains("again and again"), "{}", told(&error));
        assert!(fake.count(Method::List) <= 3);
    }
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_an_error() {
    for answer in ["", "<html>", "{\"items\": [{}]}", "[]"] {
        let fake = Fake::start();
        fake.fail(Method::List, Fault::Answer(200, answer.into()));
        let error = open(&fake.options()).await.list_prefix("").await.unwrap_err();
        assert!(told(&error).contains("cannot list `gs://bucket`"), "{}", told(&error));
        assert_eq!(fake.count(Method::List), 1, "{answer}");
    }
}

#[tokio::test]
async fn a_name_may_be_anything() {
    let fake = Fake::start();
    let bucket = open(&fake.options()).await;
    let names = [
        "a b/é?#%.py",
        "../x",
        "a/../b",
        "%2F",
        "+&=;",
        "/",
        "a//b",
        "~*'()!$@:,",
        "日本/語",
        "\u{1F600}",
        ".x",
        "a/.",
    ];
    for name in names {
        let object = bucket.put(name, &body(name.as_bytes()), Over::Nothing, &[], unseen()).await.unwrap();
        assert_eq!(fake.get(name).unwrap(), name.as_bytes(), "{name}");
        let seen = bucket.stat(name).await.unwrap().unwrap();
        assert_eq!((&seen.name, seen.generation), (&object.name, object.generation));
        assert_eq!(bucket.get(&seen).await.unwrap(), name.as_bytes());
        assert_eq!(bucket.list_prefix(name).await.unwrap()[0].name, name);
        let copy = bucket.copy(&seen, &format!("copy of {name}"), Over::Nothing, &[]).await.unwrap();
        assert_eq!(fake.get(&copy.name).unwrap(), name.as_bytes());
        bucket.delete(&copy.name, copy.generation).await.unwrap();
        bucket.delete(name, object.generation).await.unwrap();
        assert_eq!(fake.objects(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn a_name_of_dots_is_refused_before_it_becomes_another_path() {
    for name in [".", "..", ""] {
        let fake = Fake::start();
        let generation = fake.put(name, "x");
        let bucket = open(&fake.options()).await;
        bucket.put(name, &body(b"y"), Over::Generation(generation), &[], unseen()).await.unwrap_err();
        let seen = bucket.list_prefix(name).await.unwrap().remove(0);
        let error = bucket.get(&seen).await.unwrap_err();
        assert!(told(&error).contains("no object can have"), "{}", told(&error));
        assert_eq!(fake.count(Method::Unknown), 0);
        assert_eq!(fake.get(name).unwrap(), b"x");
    }
}
