//! A server that gives the answers that it was told to give, one a request, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use pipeline::remote::Retry;
use pipeline::remote::s3::{S3Keys, S3Options, S3Place};

/// What is answered.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// A status, headers, and a text.
    Say(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// A status, headers, and of a text only its beginning.
    CutShort(u16, Vec<(&'static str, String)>, Vec<u8>, usize),
    /// The request is taken, and the connection closed.
    HangUp,
}

pub(super) fn say(status: u16, headers: &[(&'static str, &str)], body: &[u8]) -> Answer {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Answer::Say(status, headers, body.to_vec())
}

/// A refusal as S3 words it.
pub(super) fn refuse(status: u16, code: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>The words for {code}</Message>\
         <AWSAccessKeyId>canary-id</AWSAccessKeyId><StringToSign>canary-token</StringToSign></Error>"
    );
    say(status, &[("content-type", "application/xml")], body.as_bytes())
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(there, _)| there == name).map(|(_, value)| value.as_str())
    }
}

pub(super) struct Scripted {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    thread: Option<JoinHandle<()>>,
    stop: Arc<Mutex<bool>>,
}

impl Scripted {
    /// The last answer is given again and again.
    pub(super) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (asked, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(false)));
        let (noted, stopped) = (asked.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let mut next = 0;
            for stream in listener.incoming().map_while(Result::ok) {
                if *stopped.lock().unwrap() {
                    return;
                }
                let Some(request) = request(&stream) else { continue };
                noted.lock().unwrap().push(request);
                let answer = &answers[next.min(answers.len() - 1)];
                next += 1;
                let _ = give(&stream, answer);
            }
        });
        Self { address, asked, thread: Some(thread), stop }
    }

    pub(super) fn place(&self) -> S3Place {
        S3Place::connect("bucket", self.options()).unwrap()
    }

    pub(super) fn options(&self) -> S3Options {
        S3Options {
            endpoint: Some(format!("http://{}", self.address)),
            region: "us-east-1".into(),
            keys: Some(S3Keys {
                id: "canary-id".into(),
                secret: "canary-secret".into(),
                token: Some("canary-token".into()),
            }),
            retry: Retry {
                attempts: 3,
                initial: Duration::from_millis(1),
                maximum: Duration::from_millis(2),
                ..Retry::default()
            },
            ..S3Options::default()
        }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The request lines.
    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        *self.stop.lock().unwrap() = true;
        let _ = TcpStream::connect(&self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(super) fn request(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        if name == "content-length" {
            length = value.parse().ok()?;
        }
        headers.push((name, value));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    (!line.is_empty()).then_some(Asked { line, headers, body })
}

fn give(mut stream: &TcpStream, answer: &Answer) -> std::io::Result<()> {
    let (status, headers, body, shown) = match answer {
        Answer::HangUp => return Ok(()),
        Answer::Say(status, headers, body) => (status, headers, body, body.len()),
        Answer::CutShort(status, headers, body, shown) => (status, headers, body, *shown),
    };
    write!(stream, "HTTP/1.1 {status} X\r\nconnection: close\r\n")?;
    if !headers.iter().any(|(name, _)| *name == "content-length") {
        write!(stream, "content-length: {}\r\n", body.len())?;
    }
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    write!(stream, "\r\n")?;
    stream.write_all(&body[..shown])
}
