//! HTTP/1.1 on a socket: just what clients of storage send.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A request before its content.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) verb: String,
    /// The segments of the path, decoded.
    pub(super) path: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    /// By names in lower case.
    pub(super) headers: HashMap<String, String>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// One client's connection.
pub(super) struct Connection<'a> {
    reader: BufReader<&'a TcpStream>,
    writer: &'a TcpStream,
    /// Bytes of the present request's content that were not read yet.
    left: Content,
}

#[derive(Debug, Clone, Copy)]
enum Content {
    /// So many.
    Length(u64),
    /// So many of the present chunk, and others behind it.
    Chunked(u64),
}

fn broken(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.to_owned())
}

/// `%41` is `A`; in a query, `+` is a space.
pub(super) fn decoded(text: &str, query: bool) -> io::Result<String> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let hex = [bytes.next().unwrap_or(b'x'), bytes.next().unwrap_or(b'x')];
                let hex = std::str::from_utf8(&hex).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                out.push(hex.ok_or_else(|| broken("a percent sign without two digits"))?);
            }
            b'+' if query => out.push(b' '),
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).map_err(|_| broken("a name that is no UTF-8"))
}

impl<'a> Connection<'a> {
    pub(super) fn new(stream: &'a TcpStream) -> Self {
        let _ = stream.set_nodelay(true);
        Self { reader: BufReader::new(stream), writer: stream, left: Content::Length(0) }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The next request.
    pub(super) fn head(&mut self) -> io::Result<Head> {
        let line = self.line()?;
        let mut words = line.split(' ');
        let (Some(verb), Some(target), Some("HTTP/1.1")) = (words.next(), words.next(), words.next()) else {
            return Err(broken("no HTTP/1.1 request line"));
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path =
            path.split('/').skip(1).map(|part| decoded(part, false)).collect::<io::Result<Vec<_>>>()?;
        let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(key, true)?, decoded(value, true)?))
        });
        let query = query.collect::<io::Result<BTreeMap<_, _>>>()?;
        let mut headers = HashMap::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| broken("a header without a colon"))?;
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        self.left = match headers.get("transfer-encoding").map(String::as_str) {
            Some("chunked") => Content::Chunked(0),
            _ => Content::Length(headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0)),
        };
        Ok(Head { verb: verb.to_owned(), path, query, headers })
    }

    /// The request's content, but no more than so many bytes of it.
    pub(super) fn content(&mut self, limit: u64) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let wanted = limit - all.len() as u64;
            let now = match self.left {
                _ if wanted == 0 => return Ok(all),
                Content::Length(0) => return Ok(all),
                Content::Length(left) => left.min(wanted),
                Content::Chunked(0) => {
                    let line = self.line()?;
                    let size =
                        u64::from_str_radix(&line, 16).map_err(|_| broken("a chunk without a size"))?;
                    if size == 0 {
                        self.line()?;
                        self.left = Content::Length(0);
                        return Ok(all);
                    }
                    self.left = Content::Chunked(size);
                    continue;
                }
                Content::Chunked(left) => left.min(wanted),
            };
            if (&mut self.reader).take(now).read_to_end(&mut all)? as u64 != now {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.left = match self.left {
                Content::Length(left) => Content::Length(left - now),
                Content::Chunked(left) => {
                    if left == now {
                        self.line()?;
                    }
                    Content::Chunked(left - now)
                }
            };
        }
    }

    /// Answers, and shows at most so many bytes of the content.
    pub(super) fn answer(&mut self, response: &Response, limit: u64) -> io::Result<()> {
        // A client that is not listened to does not listen either.
        self.content(u64::MAX)?;
        let mut head = format!("HTTP/1.1 {} X\r\n", response.status);
        for (name, value) in &response.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !matches!(response.status, 204 | 304) {
            head.push_str(&format!("content-length: {}\r\n", response.body.len()));
        }
        head.push_str("\r\n");
        self.writer.write_all(head.as_bytes())?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(response.body.len());
        self.writer.write_all(&response.body[..limit])
    }
}
