//! What every place promises, wherever it is: one contract, which each of them runs.

use std::fs;
use std::sync::Arc;

use pipeline::error::Error;
use pipeline::store::{Folder, MemoryPlace, ObjectPlace, Version};

/// Runs the contract on an empty bucket.
#[allow(clippy::needless_pass_by_value)] // each backend makes a place for this alone
pub(crate) fn contract(place: Arc<dyn ObjectPlace>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    let write = |key: &str, text: &str, over: Option<&Version>| {
        fs::write(&file, text).unwrap();
        place.write(key, &file, over)
    };
    let bytes = |key: &str| place.read(key).unwrap().map(|object| String::from_utf8(object.bytes).unwrap());
    let conflict = |result: Result<(), Error>, key: &str| match result {
        Err(Error::Conflict { url }) => assert_eq!(url, place.url(key)),
        other => panic!("no conflict about `{key}`: {other:?}"),
    };

    // Nothing is there.
    assert_eq!(place.list("").unwrap(), []);
    assert_eq!(place.stat("a/b").unwrap(), None);
    assert_eq!(place.read("a/b").unwrap(), None);
    assert_eq!(place.fetch("a/b", &dir.path().join("none")).unwrap(), None);
    place.remove("a/b", &Version::new("1")).unwrap();
    conflict(write("a/b", "x", Some(&Version::new("1"))).map(drop), "a/b");

    // Written once, and only once.
    let first = write("a/b", "first", None).unwrap();
    assert_eq!(place.stat("a/b").unwrap(), Some(first.clone()));
    let object = place.read("a/b").unwrap().unwrap();
    assert_eq!((object.bytes.as_slice(), object.version), (b"first".as_slice(), first.clone()));
    conflict(write("a/b", "other", None).map(drop), "a/b");

    // Over what was seen, and over nothing else.
    let second = write("a/b", "second!", Some(&first)).unwrap();
    assert_ne!(first, second);
    conflict(write("a/b", "third", Some(&first)).map(drop), "a/b");
    conflict(place.remove("a/b", &first), "a/b");
    assert_eq!(bytes("a/b").as_deref(), Some("second!"));
    let fetched = dir.path().join("fetched");
    fs::write(&fetched, "something longer than that").unwrap();
    assert_eq!(place.fetch("a/b", &fetched).unwrap(), Some(second.clone()));
    assert_eq!(fs::read(&fetched).unwrap(), b"second!");

    // Listed by how names begin, in their order; names that need care.
    let odd = "a/day=2026-01-01/é b%20&+#?/part-0.parquet";
    write(odd, "", None).unwrap();
    write("a.b", "x", None).unwrap();
    write("aa", "x", None).unwrap();
    let keys = |prefix: &str| {
        let listed = place.list(prefix).unwrap();
        assert!(
            listed.iter().all(|o| place.stat(&o.key).unwrap().as_ref() == Some(&o.version)),
            "{listed:?}"
        );
        listed.into_iter().map(|object| (object.key, object.size)).collect::<Vec<_>>()
    };
    assert_eq!(keys("a/"), [("a/b".to_owned(), 7), (odd.to_owned(), 0)]);
    assert_eq!(keys("a").len(), 4);
    assert_eq!(keys("b"), []);
    assert_eq!(bytes(odd).as_deref(), Some(""));

    // Copied from what was seen, over what was seen.
    let copied = place.copy(("a/b", &second), "c", None).unwrap();
    assert_eq!(bytes("c").as_deref(), Some("second!"));
    conflict(place.copy(("a/b", &first), "d", None).map(drop), "a/b");
    conflict(place.copy(("a/b", &second), "aa", None).map(drop), "aa");
    place.remove("c", &copied).unwrap();
    place.remove("c", &copied).unwrap();
    assert_eq!(place.stat("c").unwrap(), None);

    // A folder of it is a folder like any other.
    let folder = Folder::remote(place.clone(), "lake", dir.path());
    folder.write("t/day=1/part-0", b"1").unwrap();
    folder.write("t/day=1/part-0", b"11").unwrap();
    let other = Folder::remote(place.clone(), "lake/t", dir.path());
    let names: Vec<_> = other.list("").unwrap().into_iter().map(|file| (file.name, file.size)).collect();
    assert_eq!(names, [("day=1/part-0".to_owned(), 2)]);
    other.write("day=1/part-0", b"other").unwrap();
    assert!(matches!(folder.write("t/day=1/part-0", b"111"), Err(Error::Conflict { .. })));
    other.remove("day=1/part-0").unwrap();
    assert_eq!(other.list("").unwrap(), []);
}

#[test]
fn memory_is_a_place() {
    contract(Arc::new(MemoryPlace::default()));
}

#[cfg(feature = "composer")]
#[test]
fn a_bucket_of_google_is_a_place() {
    use pipeline::remote::gcs::{Bucket, GcsPlace};
    let fake = crate::gcs::fake::Fake::start();
    let options = fake.options();
    let place = GcsPlace::connect(|| async move { Bucket::open(crate::gcs::fake::BUCKET, &options).await });
    contract(Arc::new(place.unwrap()));
}
