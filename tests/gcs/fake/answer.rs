//! What a request asks for, and what is answered.

use std::collections::VecDeque;
use std::io;
use std::net::TcpStream;

use serde_json::{Value, json};

use super::bucket::{Refusal, Stored};
use super::fault::{Fault, Method};
use super::wire::{Connection, Head, Response};
use super::{BUCKET, Seen, Shared, State, download, upload};

/// A request that is understood.
pub(super) struct Request {
    pub(super) method: Method,
    bucket: String,
    pub(super) name: String,
    pub(super) head: Head,
}

impl Request {
    fn new(head: Head) -> Self {
        let path: Vec<&str> = head.path.iter().map(String::as_str).collect();
        let kind = head.query.get("uploadType").map(String::as_str);
        let upload_name = head.query.get("name").cloned().unwrap_or_default();
        let asks = head.headers.get("content-range").is_some_and(|range| range.starts_with("bytes */"));
        let (method, bucket, name) = match (head.verb.as_str(), path.as_slice()) {
            ("GET", ["storage", "v1", "b", bucket, "o"]) => (Method::List, *bucket, String::new()),
            ("GET", ["storage", "v1", "b", bucket, "o", name]) => {
                let media = head.query.get("alt").is_some_and(|alt| alt == "media");
                (if media { Method::Read } else { Method::Stat }, *bucket, (*name).to_owned())
            }
            ("DELETE", ["storage", "v1", "b", bucket, "o", name]) => {
                (Method::Delete, *bucket, (*name).to_owned())
            }
            ("PATCH", ["storage", "v1", "b", bucket, "o", name]) => {
                (Method::Patch, *bucket, (*name).to_owned())
            }
            ("POST", ["storage", "v1", "b", bucket, "o", name, "rewriteTo", "b", _, "o", _]) => {
                (Method::Rewrite, *bucket, (*name).to_owned())
            }
            ("POST", ["upload", "storage", "v1", "b", bucket, "o"]) if kind == Some("multipart") => {
                (Method::Insert, *bucket, upload_name)
            }
            ("POST", ["upload", "storage", "v1", "b", bucket, "o"]) if kind == Some("resumable") => {
                (Method::Start, *bucket, upload_name)
            }
            ("PUT", ["upload", "storage", "v1", "b", bucket, "o"]) if kind == Some("resumable") => {
                (if asks { Method::Query } else { Method::Chunk }, *bucket, upload_name)
            }
            _ => (Method::Unknown, "", String::new()),
        };
        Self { method, bucket: bucket.to_owned(), name, head }
    }

    pub(super) fn query(&self, key: &str) -> Option<&str> {
        self.head.query.get(key).map(String::as_str)
    }

    pub(super) fn header(&self, key: &str) -> Option<&str> {
        self.head.headers.get(key).map(String::as_str)
    }

    /// A parameter that is a number, if it is there.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, Refusal> {
        let parse = |text: &str| text.parse().map_err(|_| Refusal::bad(format!("Invalid value for: {key}")));
        self.query(key).map(parse).transpose()
    }
}

impl Response {
    pub(super) fn json(value: &Value) -> Self {
        let headers = vec![("content-type", "application/json; charset=UTF-8".to_owned())];
        Self { status: 200, headers, body: value.to_string().into_bytes() }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn with(mut self, header: &'static str, value: &(impl ToString + ?Sized)) -> Self {
        self.headers.push((header, value.to_string()));
        self
    }

    /// An error as Google tells it.
    fn error(Refusal(status, message): &Refusal) -> Self {
        let reason = match status {
            401 => "authError",
            404 => "notFound",
            412 => "conditionNotMet",
            503 => "backendError",
            _ => "invalid",
        };
        let errors = json!([{ "message": message, "domain": "global", "reason": reason }]);
        let json = json!({ "error": { "code": status, "message": message, "errors": errors } });
        Self { status: *status, ..Self::json(&json) }
    }

    pub(super) fn object(object: &Stored) -> Self {
        Self::json(&object.json())
    }
}

/// Serves one connection to its end.
pub(super) fn serve(stream: &TcpStream, shared: &Shared) {
    let mut connection = Connection::new(stream);
    while let Ok(head) = connection.head() {
        if one(&mut connection, shared, &Request::new(head)).is_err() {
            break;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

/// Serves one request; an error closes the connection.
fn one(connection: &mut Connection<'_>, shared: &Shared, request: &Request) -> io::Result<()> {
    let slow = shared.lock().slow;
    std::thread::sleep(slow); // the server's own time, of which a test may want more than there is
    let at = {
        let mut state = shared.lock();
        state.arrived += 1;
        let arrived = state.arrived;
        state.at.take_if(|(number, _)| *number + 1 == arrived)
    };
    if let Some((_, what)) = at {
        what();
    }
    let hook = shared.lock().hooks.get_mut(&request.method).and_then(VecDeque::pop_front);
    if let Some(hook) = hook {
        hook(shared);
    }
    let mut state = shared.lock();
    let at = state.seen.len();
    state.seen.push(Seen {
        method: request.method,
        name: request.name.clone(),
        query: request.head.query.clone(),
        headers: request.head.headers.clone(),
        status: 0,
    });
    let refused = state.token.as_ref().is_some_and(|token| {
        request.header("authorization").and_then(|header| header.strip_prefix("Bearer ")) != Some(token)
    });
    let fault = match refused {
        true => Fault::Answer(401, r#"{"error": {"code": 401, "message": "Invalid Credentials"}}"#.into()),
        false => state.faults.get_mut(&request.method).and_then(VecDeque::pop_front).unwrap_or(Fault::Pass),
    };
    drop(state);
    let tell = |connection: &mut Connection<'_>, response: &Response, limit| {
        if let Some(seen) = shared.lock().seen.get_mut(at) {
            seen.status = response.status;
        }
        connection.answer(response, limit)
    };
    let gone = || io::Error::from(io::ErrorKind::ConnectionReset);
    let up = request.method.writes();
    match fault {
        Fault::Status(status) => return tell(connection, &spoilt(status), u64::MAX),
        Fault::RetryAfter(status, seconds) => {
            return tell(connection, &spoilt(status).with("retry-after", &seconds), u64::MAX);
        }
        Fault::Answer(status, body) => {
            let response = Response { body: body.into_bytes(), ..Response::empty(status) };
            return tell(connection, &response.with("content-type", "application/json"), u64::MAX);
        }
        Fault::Redirect(to) => {
            return tell(connection, &Response::empty(307).with("location", &to), u64::MAX);
        }
        Fault::Reset => return Err(gone()),
        Fault::Stall => {
            shared.hang();
            return Err(gone());
        }
        Fault::StatusAfter(_, limit) | Fault::BrokenAfter(limit) | Fault::StallAfter(limit) if up => {
            let some = connection.content(limit)?;
            upload::keep_some(&mut shared.lock(), request, &some);
            return match fault {
                Fault::StatusAfter(status, _) => tell(connection, &spoilt(status), u64::MAX),
                Fault::StallAfter(_) => {
                    shared.hang();
                    Err(gone())
                }
                _ => Err(gone()),
            };
        }
        _ => {}
    }
    let content = connection.content(u64::MAX)?;
    let response = dispatch(&mut shared.lock(), request, &content, &fault);
    let response = response.unwrap_or_else(|refusal| Response::error(&refusal));
    match fault {
        Fault::Lost | Fault::LostOtherChecksum => Err(gone()),
        Fault::LostAs(status) => tell(connection, &spoilt(status), u64::MAX),
        Fault::BrokenAfter(limit) => {
            tell(connection, &response, limit)?;
            Err(gone())
        }
        Fault::StallAfter(limit) => {
            tell(connection, &response, limit)?;
            shared.hang();
            Err(gone())
        }
        _ => tell(connection, &response, u64::MAX),
    }
}

fn spoilt(status: u16) -> Response {
    Response::error(&Refusal(status, format!("The server was told to answer {status}.")))
}

fn dispatch(
    state: &mut State,
    request: &Request,
    content: &[u8],
    fault: &Fault,
) -> Result<Response, Refusal> {
    if request.method == Method::Unknown {
        return Err(Refusal::bad(format!("Not an API that there is: {:?}", request.head)));
    }
    if request.bucket != BUCKET {
        return Err(Refusal(404, "The specified bucket does not exist.".into()));
    }
    match request.method {
        Method::Stat => {
            let object = state.objects.find(&request.name, request.number("generation")?)?;
            state.objects.check(&request.name, request.number("ifGenerationMatch")?)?;
            Ok(Response::object(object))
        }
        Method::Read => download::read(state, request, fault),
        Method::List => list(state, request),
        Method::Insert => upload::insert(state, request, content, fault),
        Method::Start => upload::start(state, request, content),
        Method::Chunk | Method::Query => upload::chunk(state, request, content, fault),
        Method::Rewrite => rewrite(state, request, content),
        Method::Delete => delete(state, request),
        Method::Patch => patch(state, request, content),
        Method::Unknown => unreachable!("refused above"),
    }
}

fn list(state: &State, request: &Request) -> Result<Response, Refusal> {
    if request.query("delimiter").is_some() {
        return Err(Refusal::bad("Nobody has needed a delimiter yet"));
    }
    let size = request.number("maxResults")?.unwrap_or(1000).clamp(1, 1000) as usize;
    let versions = request.query("versions") == Some("true");
    let all = state.objects.select(
        request.query("prefix").unwrap_or(""),
        request.query("startOffset").unwrap_or(""),
        request.query("endOffset"),
        versions,
    );
    let first = match request.query("pageToken") {
        None => 0,
        // A token tells the last version of the page before.
        Some(token) => {
            let generation: i64 = token
                .strip_prefix("after-")
                .and_then(|token| token.parse().ok())
                .ok_or_else(|| Refusal::bad("Invalid page token"))?;
            1 + all.iter().position(|object| object.generation == generation).unwrap_or(all.len())
        }
    };
    let rest = all.get(first..).unwrap_or_default();
    let page = &rest[..size.min(rest.len())];
    let mut json = json!({ "kind": "storage#objects" });
    if !page.is_empty() {
        json["items"] = page.iter().map(|object| object.json()).collect();
    }
    if let (Some(last), true) = (page.last(), rest.len() > size) {
        json["nextPageToken"] = json!(format!("after-{}", last.generation));
    }
    Ok(Response::json(&json))
}

fn rewrite(state: &mut State, request: &Request, content: &[u8]) -> Result<Response, Refusal> {
    let [.., target_bucket, _, target] = request.head.path.as_slice() else {
        return Err(Refusal::bad("No target"));
    };
    if target_bucket != BUCKET {
        return Err(Refusal(404, "The specified bucket does not exist.".into()));
    }
    upload::check_name(target)?;
    let source = state.objects.find(&request.name, request.number("sourceGeneration")?)?.clone();
    state.objects.check(target, request.number("ifGenerationMatch")?)?;
    let size = source.bytes.len() as u64;
    let done: u64 = match request.query("rewriteToken") {
        None => 0,
        Some(token) => token
            .strip_prefix(&format!("{}-", source.generation))
            .and_then(|done| done.parse().ok())
            .ok_or_else(|| Refusal::bad("Invalid rewrite token"))?,
    };
    let done = state.rewrite_step.map_or(size, |step| (done + step).min(size));
    let mut json = json!({
        "kind": "storage#rewriteResponse", "totalBytesRewritten": done.to_string(),
        "objectSize": size.to_string(), "done": done == size,
    });
    if done < size {
        json["rewriteToken"] = json!(format!("{}-{done}", source.generation));
        return Ok(Response::json(&json));
    }
    // A body replaces the metadata, no body copies it.
    let metadata = match content.is_empty() {
        true => source.metadata.clone(),
        false => upload::metadata(content)?.1,
    };
    json["resource"] = state.objects.write(target, source.bytes.to_vec(), metadata).json();
    Ok(Response::json(&json))
}

/// Keys without a value are removed, others set; the generation stays.
fn patch(state: &mut State, request: &Request, content: &[u8]) -> Result<Response, Refusal> {
    let json: Value = serde_json::from_slice(content).map_err(|_| Refusal::bad("Parse Error"))?;
    let notes =
        json["metadata"].as_object().ok_or_else(|| Refusal::bad("Nothing but metadata can change"))?;
    state.objects.find(&request.name, None)?;
    state.objects.check(&request.name, request.number("ifGenerationMatch")?)?;
    let object = state.objects.live_mut(&request.name).ok_or_else(|| Refusal::no_object(&request.name))?;
    for (key, value) in notes {
        match value {
            Value::Null => drop(object.metadata.remove(key)),
            Value::String(text) => drop(object.metadata.insert(key.clone(), text.clone())),
            _ => return Err(Refusal::bad("Metadata are texts")),
        }
    }
    Ok(Response::object(object))
}

fn delete(state: &mut State, request: &Request) -> Result<Response, Refusal> {
    let generation = request.number("generation")?;
    state.objects.find(&request.name, generation)?;
    state.objects.check(&request.name, request.number("ifGenerationMatch")?)?;
    match generation {
        Some(generation) => state.objects.erase(&request.name, generation),
        None => state.objects.remove(&request.name),
    }
    Ok(Response::empty(204))
}
