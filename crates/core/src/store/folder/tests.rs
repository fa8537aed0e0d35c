use std::sync::Arc;

use super::*;
use crate::store::{Fault, MemoryPlace};

/// What every folder promises, wherever it is.
fn contract(folder: &Folder) {
    let scratch = tempfile::tempdir().unwrap();
    assert_eq!(folder.list("").unwrap(), []);
    assert_eq!(folder.read("a.txt").unwrap(), None);
    assert!(folder.fetch("a.txt", scratch.path()).is_err());
    folder.remove("a.txt").unwrap();
    for (name, text) in
        [("a.txt", "one"), ("day=2/part", "two"), ("day=2/.hidden", "x"), ("day=20/part", "4")]
    {
        folder.write(name, text.as_bytes()).unwrap();
    }
    let names = |under: &str| {
        let files = folder.list(under).unwrap();
        files.into_iter().map(|file| (file.name, file.size)).collect::<Vec<_>>()
    };
    assert_eq!(names(""), [("a.txt".into(), 3), ("day=2/part".into(), 3), ("day=20/part".into(), 1)]);
    assert_eq!(names("day=2"), [("day=2/part".into(), 3)]);
    assert_eq!(names("day=3"), []);
    let path = folder.fetch("day=2/part", scratch.path()).unwrap();
    assert_eq!(fs::read(path).unwrap(), b"two");
    // A file is moved over another one.
    let staged = folder.staging("day=2/part").unwrap();
    fs::write(&staged, "new").unwrap();
    folder.put("day=2/part", &staged).unwrap();
    assert!(!staged.exists());
    assert_eq!(folder.read("day=2/part").unwrap().unwrap(), b"new");
    let below = folder.below("day=2").unwrap();
    assert_eq!(below.list("").unwrap(), [FileEntry { name: "part".into(), size: 3 }]);
    assert_eq!(below.url("part"), folder.url("day=2/part"));
    below.write("part", b"newest").unwrap();
    folder.remove("day=20/part").unwrap();
    folder.remove("day=20/part").unwrap();
    assert_eq!(names(""), [("a.txt".into(), 3), ("day=2/part".into(), 6)]);
    for name in ["", "/etc/x", "../x", "a/../x", "a//b", "./a", "a/", "a\nb", "a\\b"] {
        assert!(matches!(folder.write(name, b""), Err(Error::Output { .. })), "{name:?}");
        assert!(folder.fetch(name, scratch.path()).is_err(), "{name:?}");
        assert!(folder.remove(name).is_err() && folder.read(name).is_err(), "{name:?}");
        assert!(folder.below(name).is_err() && folder.staging(name).is_err(), "{name:?}");
    }
}

#[test]
fn a_local_folder_holds_the_contract_and_leaves_no_litter() {
    let dir = tempfile::tempdir().unwrap();
    contract(&Folder::local(dir.path().join("lake")));
    let mut left: Vec<_> =
        fs::read_dir(dir.path().join("lake")).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["a.txt", "day=2"]);
}

#[test]
fn a_bucket_holds_the_contract() {
    let scratch = tempfile::tempdir().unwrap();
    for prefix in ["", "lake", "lake/bronze/"] {
        let place = Arc::new(MemoryPlace::default());
        place.put("lak", b"other");
        place.put("lakes/a", b"other");
        if prefix.is_empty() {
            place.remove("lak", &place.stat("lak").unwrap().unwrap()).unwrap();
            place.remove("lakes/a", &place.stat("lakes/a").unwrap().unwrap()).unwrap();
        }
        let folder = Folder::remote(place, prefix, scratch.path());
        contract(&folder);
        drop(folder);
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
}

#[test]
fn what_somebody_else_wrote_since_it_was_seen_is_not_overwritten() {
    let scratch = tempfile::tempdir().unwrap();
    let place = Arc::new(MemoryPlace::default());
    let folder = Folder::remote(place.clone(), "t", scratch.path());
    let conflict = |name: &str| {
        let error = folder.write(name, b"ours").unwrap_err();
        assert!(matches!(&error, Error::Conflict { url } if url.ends_with(name)), "{error:?}");
        assert_eq!(place.read(&format!("t/{name}")).unwrap().unwrap().bytes, b"theirs");
        // Who tries again has looked again.
        folder.write(name, b"ours").unwrap();
    };
    // It was not there when the folder was listed.
    folder.list("").unwrap();
    place.put("t/a", b"theirs");
    conflict("a");
    // It was read.
    folder.read("a").unwrap();
    place.put("t/a", b"theirs");
    conflict("a");
    folder.fetch("a", scratch.path()).unwrap();
    place.put("t/a", b"theirs");
    conflict("a");
    // It was removed here, and written there.
    folder.remove("a").unwrap();
    place.put("t/a", b"theirs");
    conflict("a");
    // In the last moment.
    place.fail_at(1, Fault::Overtaken);
    conflict("b");
    folder.read("a").unwrap();
    place.put("t/a", b"theirs");
    assert!(matches!(folder.remove("a"), Err(Error::Conflict { .. })));
    assert!(place.stat("t/a").unwrap().is_some());
}

#[test]
fn what_cannot_be_sent_leaves_the_former_file() {
    let scratch = tempfile::tempdir().unwrap();
    let place = Arc::new(MemoryPlace::default());
    let folder = Folder::remote(place.clone(), "", scratch.path());
    folder.write("a", b"old").unwrap();
    place.fail_at(1, Fault::Unreachable);
    assert!(matches!(folder.write("a", b"new"), Err(Error::Remote { .. })));
    assert_eq!(folder.read("a").unwrap().unwrap(), b"old");
    folder.write("a", b"new").unwrap();
    assert_eq!(folder.read("a").unwrap().unwrap(), b"new");
}

#[cfg(unix)]
#[test]
fn a_list_ends_where_a_link_leads_back() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::local(dir.path());
    folder.write("a/b", b"").unwrap();
    std::os::unix::fs::symlink(dir.path(), dir.path().join("a/back")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("a/b"), dir.path().join("c")).unwrap();
    let names: Vec<_> = folder.list("").unwrap().into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["a/b", "c"]);
}
