//! Content that goes up: in one request, or in a resumable session.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answer::Request;
use super::bucket::{Refusal, Stored, base64_of};
use super::fault::{Fault, Method};
use super::wire::Response;
use super::{BUCKET, State};

/// What each but the last piece of a resumable upload is a multiple of.
pub(super) const QUANTUM: u64 = 256 * 1024;

/// A resumable upload.
#[derive(Default)]
pub(super) struct Session {
    name: String,
    condition: Option<i64>,
    crc32c: Option<String>,
    metadata: BTreeMap<String, String>,
    kept: Vec<u8>,
    done: Option<Stored>,
}

/// Names that storage has not.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    let forbidden = matches!(name, "" | "." | "..") || name.contains(['\r', '\n']) || name.len() > 1024;
    match forbidden {
        true => Err(Refusal::bad(format!("Invalid object name: {name:?}"))),
        false => Ok(()),
    }
}

/// The checksum and the notes of an object resource.
pub(super) fn metadata(json: &[u8]) -> Result<(Option<String>, BTreeMap<String, String>), Refusal> {
    let json: Value = serde_json::from_slice(json).map_err(|_| Refusal::bad("Parse Error"))?;
    let notes = json.get("metadata").cloned().unwrap_or_else(|| serde_json::json!({}));
    let notes = serde_json::from_value(notes).map_err(|_| Refusal::bad("Metadata are texts"))?;
    Ok((json["crc32c"].as_str().map(str::to_owned), notes))
}

/// Stores what has come, if it is what was sent.
fn store(
    state: &mut State,
    name: &str,
    mut bytes: Vec<u8>,
    sums: &[Option<&str>],
    notes: &BTreeMap<String, String>,
    fault: &Fault,
) -> Result<Stored, Refusal> {
    let there = base64_of(crc32c::crc32c(&bytes));
    if let Some(sent) = sums.iter().flatten().find(|sent| **sent != there) {
        let message = format!(r#"Provided CRC32C "{sent}" doesn't match calculated CRC32C "{there}"."#);
        return Err(Refusal::bad(message));
    }
    if let (Fault::CorruptUpload, Some(byte)) = (fault, bytes.first_mut()) {
        *byte ^= 1;
    }
    let object = state.objects.write(name, bytes, notes.clone());
    if matches!(fault, Fault::OtherChecksum | Fault::LostOtherChecksum) {
        object.crc32c ^= 1;
    }
    Ok(object.clone())
}

/// The checksum of the header `x-goog-hash`.
fn hash_header(request: &Request) -> Option<&str> {
    request.header("x-goog-hash")?.split(',').find_map(|hash| hash.trim().strip_prefix("crc32c="))
}

/// An upload in one request: the resource, then the content.
pub(super) fn insert(
    state: &mut State,
    request: &Request,
    content: &[u8],
    fault: &Fault,
) -> Result<Response, Refusal> {
    check_name(&request.name)?;
    let boundary = request
        .header("content-type")
        .and_then(|kind| kind.strip_prefix("multipart/related; boundary="))
        .ok_or_else(|| Refusal::bad("Not multipart/related"))?;
    let parts = parts(content, boundary.trim_matches('"'))?;
    let [resource, media] = parts.as_slice() else {
        return Err(Refusal::bad(format!("{} parts are not two", parts.len())));
    };
    let (crc32c, notes) = metadata(resource)?;
    state.objects.check(&request.name, request.number("ifGenerationMatch")?)?;
    let sums = [crc32c.as_deref(), hash_header(request)];
    store(state, &request.name, media.to_vec(), &sums, &notes, fault).map(|object| Response::object(&object))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, what)
}

/// The contents of the parts, without their headers.
fn parts<'a>(content: &'a [u8], boundary: &str) -> Result<Vec<&'a [u8]>, Refusal> {
    let bad = || Refusal::bad("Malformed multipart body");
    let mark = format!("--{boundary}");
    let mut rest = content.strip_prefix(mark.as_bytes()).ok_or_else(bad)?;
    let mark = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let end = find(rest, mark.as_bytes()).ok_or_else(bad)?;
        let start = find(rest, b"\r\n\r\n").ok_or_else(bad)? + 4;
        parts.push(rest.get(start..end).unwrap_or_default());
        rest = &rest[end + mark.len()..];
    }
    Ok(parts)
}

/// Starts a resumable upload.
pub(super) fn start(state: &mut State, request: &Request, content: &[u8]) -> Result<Response, Refusal> {
    check_name(&request.name)?;
    let condition = request.number("ifGenerationMatch")?;
    state.objects.check(&request.name, condition)?;
    let (crc32c, metadata) = if content.is_empty() { (None, BTreeMap::new()) } else { metadata(content)? };
    state.started += 1;
    let id = format!("session{}", state.started);
    let host = request.header("host").filter(|host| host.contains(':'));
    // Google's own client leaves the port out.
    let host = host.map_or_else(|| state.address.clone(), str::to_owned);
    let url = format!("http://{host}/upload/storage/v1/b/{BUCKET}/o?uploadType=resumable&upload_id={id}");
    let name = request.name.clone();
    state.sessions.insert(id, Session { name, condition, crc32c, metadata, ..Session::default() });
    Ok(Response::empty(200).with("location", &url))
}

/// The first byte and the one behind the last.
type Span = (u64, u64);

/// `bytes FIRST-LAST/TOTAL`, `bytes FIRST-LAST/*`, `bytes */TOTAL` or `bytes */*`.
fn content_range(request: &Request) -> Result<(Option<Span>, Option<u64>), Refusal> {
    let range = request.header("content-range").unwrap_or_default();
    let bad = || Refusal::bad(format!("Invalid Content-Range: {range}"));
    let number = |text: &str| text.parse::<u64>().map_err(|_| bad());
    let (span, total) = range.strip_prefix("bytes ").and_then(|r| r.split_once('/')).ok_or_else(bad)?;
    let total = if total == "*" { None } else { Some(number(total)?) };
    if span == "*" {
        return Ok((None, total));
    }
    let (first, last) = span.split_once('-').ok_or_else(bad)?;
    let (first, last) = (number(first)?, number(last)?);
    match first <= last && total.is_none_or(|total| last < total) {
        true => Ok((Some((first, last + 1)), total)),
        false => Err(bad()),
    }
}

impl Session {
    /// Keeps what is new of a piece that begins at `first`.
    fn keep(&mut self, first: u64, piece: &[u8]) -> Result<(), Refusal> {
        let kept = self.kept.len() as u64;
        let Some(again) = kept.checked_sub(first).map(|again| (again as usize).min(piece.len())) else {
            return Err(Refusal::bad(format!("{kept} bytes are there, and these begin at {first}")));
        };
        let at = first as usize;
        if self.kept[at..at + again] != piece[..again] {
            return Err(Refusal::bad("These bytes were others the first time"));
        }
        self.kept.extend_from_slice(&piece[again..]);
        Ok(())
    }

    fn incomplete(&self) -> Response {
        let response = Response::empty(308);
        match self.kept.len() {
            0 => response,
            kept => response.with("range", &format!("bytes=0-{}", kept - 1)),
        }
    }
}

fn session<'a>(state: &'a mut State, request: &Request) -> Result<(String, &'a mut Session), Refusal> {
    let id = request.query("upload_id").unwrap_or_default();
    let gone = || Refusal(404, "No such upload session".into());
    state.sessions.get_mut(id).map(|session| (id.to_owned(), session)).ok_or_else(gone)
}

/// A piece of a resumable upload, or the question how far it is.
pub(super) fn chunk(
    state: &mut State,
    request: &Request,
    content: &[u8],
    fault: &Fault,
) -> Result<Response, Refusal> {
    let (span, total) = content_range(request)?;
    let (id, session) = session(state, request)?;
    match &session.done {
        Some(object) if request.method == Method::Query => return Ok(Response::object(object)),
        Some(_) => return Err(Refusal::bad("This upload is done: it takes no more content")),
        None => {}
    }
    if let Some((first, end)) = span {
        if content.len() as u64 != end - first {
            return Err(Refusal::bad(format!("{} bytes came for {first}-{end}", content.len())));
        }
        if total != Some(end) && !(end - first).is_multiple_of(QUANTUM) {
            return Err(Refusal::bad("A piece that is not the last must be a multiple of 256 KiB"));
        }
        session.keep(first, content)?;
    }
    if total != Some(session.kept.len() as u64) {
        return Ok(session.incomplete());
    }
    let session = std::mem::take(session);
    let sums = [session.crc32c.as_deref(), hash_header(request)];
    state.sessions.remove(&id);
    state.objects.check(&session.name, session.condition)?;
    let object = store(state, &session.name, session.kept, &sums, &session.metadata, fault)?;
    let response = Response::object(&object);
    state.sessions.insert(id, Session { done: Some(object), ..Session::default() });
    Ok(response)
}

/// What stays of a piece that broke off: whole quanta.
pub(super) fn keep_some(state: &mut State, request: &Request, piece: &[u8]) {
    if request.method != Method::Chunk {
        return;
    }
    if let (Ok((Some((first, _)), _)), Ok((_, session))) = (content_range(request), session(state, request)) {
        let end = (first + piece.len() as u64) / QUANTUM * QUANTUM;
        let whole = usize::try_from(end.saturating_sub(first)).unwrap_or(0);
        // A piece in the wrong place is refused when it comes whole.
        let _ = session.keep(first, &piece[..whole]);
    }
}
