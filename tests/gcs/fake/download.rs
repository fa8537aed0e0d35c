//! Content that goes down.

use super::State;
use super::answer::Request;
use super::bucket::{Refusal, base64_of};
use super::fault::Fault;
use super::wire::Response;

/// The content of an object, or its end (`Range: bytes=N-`).
pub(super) fn read(state: &State, request: &Request, fault: &Fault) -> Result<Response, Refusal> {
    let object = state.objects.find(&request.name, request.number("generation")?)?;
    state.objects.check(&request.name, request.number("ifGenerationMatch")?)?;
    let size = object.bytes.len();
    let (first, end) = match request.header("range") {
        None => (0, size),
        Some(range) => span(range, size)?,
    };
    let mut body = object.bytes[first..end].to_vec();
    let mut response = Response::empty(if request.header("range").is_some() { 206 } else { 200 })
        .with("content-type", "application/octet-stream")
        .with("x-goog-generation", &object.generation)
        .with("x-goog-metageneration", "1")
        .with("x-goog-storage-class", "STANDARD")
        .with("x-goog-stored-content-encoding", "identity")
        .with("x-goog-stored-content-length", &size)
        // Always of the whole object.
        .with("x-goog-hash", &format!("crc32c={}", base64_of(object.crc32c)));
    if let Fault::CutAfter(limit) = fault {
        body.truncate(usize::try_from(*limit).unwrap_or(usize::MAX));
    }
    if let (Fault::CorruptDownload, Some(byte)) = (fault, body.last_mut()) {
        *byte ^= 1;
    }
    if request.header("range").is_some() {
        let last = (first + body.len()).saturating_sub(1);
        response = response.with("content-range", &format!("bytes {first}-{last}/{size}"));
    }
    response.body = body;
    Ok(response)
}

/// The first byte of a range, and the one behind it.
fn span(range: &str, size: usize) -> Result<(usize, usize), Refusal> {
    let bad = || Refusal::bad(format!("Invalid range: {range}"));
    let (first, last) = range.strip_prefix("bytes=").and_then(|r| r.split_once('-')).ok_or_else(bad)?;
    let first: usize = first.parse().map_err(|_| bad())?;
    let end = match last {
        "" => size,
        last => size.min(last.parse::<usize>().map_err(|_| bad())? + 1),
    };
    match first < end {
        true => Ok((first, end)),
        false => Err(Refusal(416, "The requested range cannot be satisfied.".into())),
    }
}
