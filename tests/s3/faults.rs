//! What faults become.

use std::fs;
use std::path::PathBuf;

use pipeline::error::Error;
use pipeline::remote::s3::{S3Options, S3Place};
use pipeline::store::{ObjectPlace, Version};
use tempfile::TempDir;

use crate::s3::scripted::{Answer, Scripted, refuse, say};
use crate::support::told;

const DATE: (&str, &str) = ("last-modified", "Wed, 25 Nov 2026 12:00:00 GMT");

fn tagged(tag: &str) -> [(&'static str, &str); 2] {
    [DATE, ("etag", tag)]
}

/// What HEAD says of an object of so many bytes.
fn head(size: &'static str, tag: &'static str) -> Answer {
    say(200, &[DATE, ("etag", tag), ("content-length", size)], b"")
}

fn file(text: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, text).unwrap();
    (dir, file)
}

#[test]
fn a_refusal_says_what_to_do_and_no_secret() {
    let region = say(301, &[("x-amz-bucket-region", "eu-west-1")], b"");
    for (answer, words, hint) in [
        (refuse(403, "AccessDenied"), "HTTP 403 AccessDenied: The words", "s3:GetObject"),
        (refuse(403, "InvalidAccessKeyId"), "HTTP 403 InvalidAccessKeyId\n", "check AWS_ACCESS_KEY_ID"),
        (refuse(403, "SignatureDoesNotMatch"), "HTTP 403 SignatureDoesNotMatch\n", "AWS_SECRET_ACCESS_KEY"),
        (refuse(400, "ExpiredToken"), "HTTP 400 ExpiredToken\n", "AWS_SESSION_TOKEN"),
        (refuse(404, "NoSuchBucket"), "HTTP 404 NoSuchBucket", "check the bucket's name"),
        (refuse(400, "AuthorizationHeaderMalformed"), "HTTP 400", "set AWS_REGION to the region"),
        (region, "HTTP 301", "set AWS_REGION=eu-west-1"),
        (refuse(503, "SlowDown"), "HTTP 503 SlowDown", "run again"),
        (Answer::HangUp, "cannot read `s3://bucket/k`", "check the network"),
    ] {
        let server = Scripted::start(vec![answer.clone()]);
        let error = server.place().read("k").unwrap_err();
        let text = told(&error);
        assert!(matches!(error, Error::Remote { .. }), "{text}");
        assert!(
            text.starts_with("cannot read `s3://bucket/k`") && text.contains(words),
            "{answer:?}: {text}"
        );
        assert!(text.contains(hint), "{text}");
        assert!(!format!("{text} {error:?}").contains("canary"), "{error:?}");
    }
}

#[test]
fn nobody_there_is_told_soon() {
    let server = Scripted::start(vec![Answer::HangUp]);
    let options = server.options();
    drop(server);
    let place = S3Place::connect("bucket", options).unwrap();
    let text = told(&place.list("lake/").unwrap_err());
    assert!(text.contains("cannot list `s3://bucket/lake/`") && text.contains("AWS_ENDPOINT_URL"), "{text}");
}

#[test]
fn what_passes_by_itself_is_tried_again_but_not_forever() {
    let (_dir, file) = file("text");
    let well = say(200, &tagged("\"t\""), b"");
    let server = Scripted::start(vec![refuse(503, "SlowDown"), Answer::HangUp, well]);
    assert_eq!(server.place().write("k", &file, None).unwrap(), Version::new("\"t\""));
    assert_eq!(server.lines(), ["PUT /bucket/k"; 3]);
    let server = Scripted::start(vec![refuse(500, "InternalError")]);
    assert!(matches!(server.place().write("k", &file, None), Err(Error::Remote { .. })));
    assert_eq!(server.lines().len(), 3);
    // Two writes at a time: S3 asks for another try.
    let well = say(200, &tagged("\"t\""), b"");
    let server = Scripted::start(vec![refuse(409, "ConditionalRequestConflict"), well]);
    server.place().write("k", &file, Some(&Version::new("\"s\""))).unwrap();
    let server = Scripted::start(vec![refuse(403, "AccessDenied")]);
    server.place().write("k", &file, None).unwrap_err();
    assert_eq!(server.lines().len(), 1);
}

#[test]
fn every_write_is_bound_to_what_was_seen() {
    let (_dir, file) = file("text");
    let well = || say(200, &tagged("\"t\""), b"");
    let server = Scripted::start(vec![well()]);
    let place = server.place();
    place.write("k", &file, None).unwrap();
    place.write("k", &file, Some(&Version::new("\"s\""))).unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].header("if-none-match"), Some("*"));
    assert_eq!((asked[1].header("if-match"), asked[1].header("if-none-match")), (Some("\"s\""), None));
    assert_eq!(asked[0].body, b"text");
    // A removal looks first, and is bound all the same.
    let server = Scripted::start(vec![head("4", "\"s\""), say(204, &[], b"")]);
    server.place().remove("k", &Version::new("\"s\"")).unwrap();
    let asked = server.asked();
    assert!(asked[1].line.starts_with("DELETE /bucket/k?X-Amz-"), "{}", asked[1].line);
    assert_eq!(asked[1].header("if-match"), Some("\"s\""));
    let server = Scripted::start(vec![head("4", "\"other\"")]);
    let error = server.place().remove("k", &Version::new("\"s\"")).unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }) && server.lines().len() == 1, "{error:?}");
}

#[test]
fn the_end_of_an_upload_in_parts_is_bound_too() {
    let (_dir, file) = file("12345");
    let started =
        b"<InitiateMultipartUploadResult><UploadId>an id+</UploadId></InitiateMultipartUploadResult>";
    let ended = b"<CompleteMultipartUploadResult><Location>x</Location><Bucket>bucket</Bucket><Key>k</Key>\
        <ETag>&quot;t-3&quot;</ETag></CompleteMultipartUploadResult>";
    let part = || say(200, &tagged("\"p\""), b"");
    for (over, seen, condition) in [
        (Some(Version::new("\"s\"")), head("9", "\"s\""), ("if-match", "\"s\"")),
        (None, say(404, &[], b""), ("if-none-match", "*")),
    ] {
        let mut answers = vec![say(200, &[], started), part(), part(), part(), seen];
        if over.is_none() {
            // Whether it is the object or the bucket that is not there.
            let none = b"<ListBucketResult><Name>bucket</Name><KeyCount>0</KeyCount></ListBucketResult>";
            answers.push(say(200, &[], none));
        }
        answers.push(say(200, &[], ended));
        let server = Scripted::start(answers);
        let options = S3Options { whole: 1, part: 2, ..server.options() };
        let place = S3Place::connect("bucket", options).unwrap();
        assert_eq!(place.write("k", &file, over.as_ref()).unwrap(), Version::new("\"t-3\""));
        let asked = server.asked();
        let last = asked.last().unwrap();
        assert!(last.line.starts_with("POST /bucket/k?uploadId="), "{}", last.line);
        assert_eq!(last.header(condition.0), Some(condition.1));
        let sent: usize = asked.iter().filter(|a| a.line.contains("partNumber")).map(|a| a.body.len()).sum();
        assert_eq!(sent, 5);
    }
}

#[test]
fn our_own_write_whose_answer_got_lost_is_no_conflict() {
    let (_dir, file) = file("text");
    let lost = |body: &[u8]| {
        let found = say(200, &tagged("\"t\""), body);
        Scripted::start(vec![Answer::HangUp, refuse(412, "PreconditionFailed"), head("4", "\"t\""), found])
    };
    for over in [None, Some(Version::new("\"s\""))] {
        let server = lost(b"text");
        assert_eq!(server.place().write("k", &file, over.as_ref()).unwrap(), Version::new("\"t\""));
        let server = lost(b"tex!");
        let error = server.place().write("k", &file, over.as_ref()).unwrap_err();
        assert!(matches!(&error, Error::Conflict { url } if url == "s3://bucket/k"), "{error:?}");
    }
    // What was to be replaced was removed.
    let gone = vec![refuse(404, "NoSuchKey"), say(404, &[], b""), refuse(403, "AccessDenied")];
    let server = Scripted::start(gone);
    let error = server.place().write("k", &file, Some(&Version::new("\"s\""))).unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
}

#[test]
fn an_object_that_arrives_cut_short_is_read_again() {
    let headers = vec![(DATE.0, DATE.1.to_owned()), ("etag", "\"t\"".to_owned())];
    let short = Answer::CutShort(200, headers.clone(), b"text".to_vec(), 2);
    let server = Scripted::start(vec![short.clone(), Answer::Say(200, headers, b"text".to_vec())]);
    let place = server.place();
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("file");
    assert_eq!(place.fetch("k", &to).unwrap(), Some(Version::new("\"t\"")));
    assert_eq!(fs::read(&to).unwrap(), b"text");
    let server = Scripted::start(vec![short]);
    assert!(matches!(server.place().read("k"), Err(Error::Remote { .. })));
}

#[test]
fn whoever_has_no_keys_signs_nothing() {
    let gone = b"<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>";
    let server = Scripted::start(vec![head("4", "\"s\""), say(200, &[], gone)]);
    let place = S3Place::connect("bucket", S3Options { keys: None, ..server.options() }).unwrap();
    place.remove("k", &Version::new("\"s\"")).unwrap();
    let asked = server.asked();
    assert_eq!(asked[1].line, "POST /bucket?delete");
    assert!(asked.iter().all(|asked| asked.header("authorization").is_none()));
}
