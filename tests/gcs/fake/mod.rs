//! Google Cloud Storage in this process: strict, and failing on command.
//!
//! Written from the public documentation of the JSON API. It enforces preconditions, checksums and the rules of resumable uploads,
//! counts and records every request, and plays the faults of Google's own conformance tests. It speaks HTTP/1.1 over
//! plain sockets: a server library would not let go of the bytes on the wire, and faults live there. It has threads of
//! its own, so that a test of the binary can use it as well as one of the library.
//!
//! ```ignore
//! let fake = Fake::start();
//! fake.fail(Method::Insert, Fault::Status(503));
//! let bucket = Bucket::open(BUCKET, &fake.options()).await.unwrap();
//! ```

mod answer;
mod bucket;
mod download;
mod fault;
mod token;
mod upload;
mod wire;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use pipeline::remote::gcs::GcsOptions;
use pipeline::remote::{Credentials, Retry};

pub(crate) use bucket::Stored;
pub(crate) use fault::{Fault, Method};
pub(crate) use token::TokenServer;

use bucket::Objects;
use upload::Session;

/// The bucket that exists; any other does not.
pub(crate) const BUCKET: &str = "bucket";

/// A request as it came, and what was answered: 0 if nothing was.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    /// The object, or nothing for a list.
    pub(crate) name: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) status: u16,
}

/// The server; it stops when the last handle is dropped.
#[derive(Clone)]
pub(crate) struct Fake {
    shared: Arc<Shared>,
    _stop: Arc<Stop>,
}

type Hook = Box<dyn FnOnce(&Shared) + Send>;

/// What the threads of a server share.
pub(crate) struct Shared {
    address: SocketAddr,
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Default)]
struct State {
    objects: Objects,
    sessions: HashMap<String, Session>,
    started: usize,
    /// The server's own address.
    address: String,
    faults: HashMap<Method, VecDeque<Fault>>,
    hooks: HashMap<Method, VecDeque<Hook>>,
    seen: Vec<Seen>,
    token: Option<String>,
    rewrite_step: Option<u64>,
    stopped: bool,
    connections: Vec<TcpStream>,
}

struct Stop(Arc<Shared>);

impl Drop for Stop {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.stopped = true;
        for connection in state.connections.drain(..) {
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
        drop(state);
        self.0.stopped.notify_all();
        let _ = TcpStream::connect(self.0.address); // wakes the thread that accepts
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread of the server has panicked")
    }

    /// Writes an object as somebody else would, and returns its generation.
    pub(crate) fn put(&self, name: &str, bytes: impl Into<Vec<u8>>) -> i64 {
        self.lock().objects.write(name, bytes.into(), BTreeMap::new()).generation
    }

    /// Removes an object as somebody else would.
    pub(crate) fn remove(&self, name: &str) {
        self.lock().objects.remove(name);
    }

    /// Accepts only requests with this token from now on.
    pub(crate) fn require_token(&self, token: &str) {
        self.lock().token = Some(token.to_owned());
    }

    /// Waits until the server stops.
    fn hang(&self) {
        let mut state = self.lock();
        while !state.stopped {
            state = self.stopped.wait(state).expect("no thread of the server has panicked");
        }
    }
}

impl Fake {
    /// A server with one empty bucket, [`BUCKET`], that anybody may use.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let state = State { address: address.to_string(), ..State::default() };
        let shared = Arc::new(Shared { address, state: Mutex::new(state), stopped: Condvar::new() });
        let server = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut state = server.lock();
                if state.stopped {
                    return;
                }
                let Ok(stream) = stream else { continue };
                if let Ok(clone) = stream.try_clone() {
                    state.connections.push(clone);
                }
                drop(state);
                let server = server.clone();
                std::thread::spawn(move || answer::serve(&stream, &server));
            }
        });
        Self { _stop: Arc::new(Stop(shared.clone())), shared }
    }

    /// `http://127.0.0.1:PORT`, also for `STORAGE_EMULATOR_HOST`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// Options of a client of this server that hardly waits.
    pub(crate) fn options(&self) -> GcsOptions {
        GcsOptions {
            endpoint: Some(self.url()),
            retry: Retry {
                initial: Duration::from_millis(1),
                maximum: Duration::from_millis(2),
                ..Retry::default()
            },
            ..GcsOptions::new(Credentials::anonymous())
        }
    }

    /// Writes an object as somebody else would, and returns its generation.
    pub(crate) fn put(&self, name: &str, bytes: impl Into<Vec<u8>>) -> i64 {
        self.shared.put(name, bytes)
    }

    /// Removes an object as somebody else would.
    pub(crate) fn remove(&self, name: &str) {
        self.shared.remove(name);
    }

    /// The content of an object.
    pub(crate) fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.stored(name).map(|object| object.bytes.to_vec())
    }

    /// All there is about an object.
    pub(crate) fn stored(&self, name: &str) -> Option<Stored> {
        self.shared.lock().objects.live(name).cloned()
    }

    /// The names of all objects, sorted.
    pub(crate) fn objects(&self) -> Vec<String> {
        self.shared.lock().objects.names()
    }

    /// Keeps former versions from now on.
    pub(crate) fn versioning(&self) {
        self.shared.lock().objects.keep_versions();
    }

    /// Accepts only requests with this token from now on.
    pub(crate) fn require_token(&self, token: &str) {
        self.shared.require_token(token);
    }

    /// Copies so many bytes with one call of `rewriteTo`.
    pub(crate) fn rewrite_step(&self, bytes: u64) {
        self.shared.lock().rewrite_step = Some(bytes);
    }

    /// Queues a fault: each request of the method takes one from the front.
    pub(crate) fn fail(&self, method: Method, fault: Fault) {
        self.shared.lock().faults.entry(method).or_default().push_back(fault);
    }

    /// Queues the same fault several times.
    pub(crate) fn fail_times(&self, method: Method, times: usize, fault: &Fault) {
        for _ in 0..times {
            self.fail(method, fault.clone());
        }
    }

    /// Nothing goes wrong any more: the faults that no request has met are taken back.
    pub(crate) fn heal(&self) {
        self.shared.lock().faults.clear();
    }

    /// Queues something that happens right before a request of the method is served.
    pub(crate) fn before(&self, method: Method, hook: impl FnOnce(&Shared) + Send + 'static) {
        self.shared.lock().hooks.entry(method).or_default().push_back(Box::new(hook));
    }

    /// All requests since the start, or since [`Fake::forget`].
    pub(crate) fn requests(&self) -> Vec<Seen> {
        self.shared.lock().seen.clone()
    }

    /// How many requests there were of each method.
    pub(crate) fn counts(&self) -> BTreeMap<Method, usize> {
        let mut counts = BTreeMap::new();
        for seen in self.requests() {
            *counts.entry(seen.method).or_default() += 1;
        }
        counts
    }

    /// How many requests there were of one method.
    pub(crate) fn count(&self, method: Method) -> usize {
        self.counts().get(&method).copied().unwrap_or(0)
    }

    /// How many requests there were that can change something.
    pub(crate) fn writes(&self) -> usize {
        self.requests().iter().filter(|seen| seen.method.writes()).count()
    }

    /// Forgets the requests so far.
    pub(crate) fn forget(&self) {
        self.shared.lock().seen.clear();
    }

    /// The faults that no request has met yet: a test that is done has none left.
    pub(crate) fn faults_left(&self) -> usize {
        self.shared.lock().faults.values().map(VecDeque::len).sum()
    }
}
