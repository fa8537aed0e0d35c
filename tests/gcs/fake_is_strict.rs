//! The fake itself: what Google's storage refuses, it refuses too.

use crate::gcs::fake::{BUCKET, Fake};
use pipeline::store::gcs::{Body, Bucket, Over};
use std::sync::Arc;

#[tokio::test]
async fn what_is_written_can_be_listed_read_copied_and_deleted() {
    let fake = Fake::start();
    let bucket = Bucket::open(BUCKET, &fake.options()).await.unwrap();
    let body = Body::Bytes(vec![7; 9 << 20].into());
    let big = bucket.put("a/big", &body, Over::Nothing, &[("note", "x")], Arc::new(|_| ())).await.unwrap();
    let small = Body::Bytes("hello".into());
    bucket.put("a/small", &small, Over::Nothing, &[], Arc::new(|_| ())).await.unwrap();
    let all = bucket.list_prefix("a/").await.unwrap();
    assert_eq!(
        all.iter().map(|o| (o.name.as_str(), o.size)).collect::<Vec<_>>(),
        [("a/big", 9 << 20), ("a/small", 5)]
    );
    assert_eq!(bucket.get(&all[1]).await.unwrap(), "hello");
    assert_eq!(bucket.get(&big).await.unwrap(), vec![7; 9 << 20]);
    let copy = bucket.copy(&all[0], "b", Over::Nothing, &[]).await.unwrap();
    assert_eq!(copy.crc32c, big.crc32c);
    bucket.delete("a/big", big.generation).await.unwrap();
    assert_eq!(fake.objects(), ["a/small", "b"]);
}
