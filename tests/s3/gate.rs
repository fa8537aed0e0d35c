//! A gate before moto that holds a write back, so that a run can be killed in the midst of it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::s3::Moto;
use crate::s3::scripted::request;

/// Which write is held back, counted from 1, and where.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hold {
    /// It does not reach the server.
    Request(usize),
    /// The server has it, and its answer does not come back.
    Answer(usize),
}

/// Passes requests on, until the one that it holds.
pub(super) struct Gate {
    address: String,
    held: Receiver<TcpStream>,
}

impl Gate {
    pub(super) fn start(moto: &Moto, hold: Hold) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = moto.endpoint().trim_start_matches("http://").to_owned();
        let (tell, held) = channel();
        let writes = Arc::new(AtomicUsize::new(0));
        // It ends with the test's process: one gate is a thread that waits.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (server, tell, writes) = (server.clone(), tell.clone(), writes.clone());
                thread::spawn(move || pass(stream, &server, hold, &writes, &tell));
            }
        });
        Self { address, held }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Kills a run as soon as its write is held. Tells whether it was: a run with fewer writes ends before.
    pub(super) fn kill(&self, mut run: Child) -> bool {
        loop {
            // Whoever is held hears nothing until the process is gone.
            if let Ok(_connection) = self.held.recv_timeout(Duration::from_millis(20)) {
                run.kill().unwrap();
                assert!(run.wait().unwrap().code().is_none(), "the run had ended by itself");
                return true;
            }
            if let Some(status) = run.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return false;
            }
        }
    }
}

/// Passes one request on, unless it is the write that is held.
fn pass(mut stream: TcpStream, server: &str, hold: Hold, writes: &AtomicUsize, tell: &Sender<TcpStream>) {
    let Some(asked) = request(&stream) else { return };
    let write = asked.line.starts_with("PUT ");
    let number = if write { writes.fetch_add(1, Ordering::SeqCst) + 1 } else { 0 };
    if matches!(hold, Hold::Request(held) if held == number) {
        let _ = tell.send(stream);
        return;
    }
    let mut text = format!("{} HTTP/1.1\r\n", asked.line);
    for (name, value) in asked.headers.iter().filter(|(name, _)| name != "connection") {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("connection: close\r\n\r\n");
    let mut answer = Vec::new();
    let mut upstream = TcpStream::connect(server).unwrap();
    upstream.write_all(text.as_bytes()).unwrap();
    upstream.write_all(&asked.body).unwrap();
    upstream.read_to_end(&mut answer).unwrap();
    if matches!(hold, Hold::Answer(held) if held == number) {
        let _ = tell.send(stream);
        return;
    }
    let _ = stream.write_all(&answer);
}
