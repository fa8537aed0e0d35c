//! A Postgres of our own: in a temporary folder, on a free port of loopback, stopped by its process id.
//!
//! `initdb` and `postgres` are looked for on the PATH, in `/usr/local/bin` and where Debian puts them. Without them these
//! tests say so and pass, unless `PIPELINE_TEST_ALL` is set, as it is in CI.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use pipeline::sink::postgres::Postgres;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// The password of everybody, which must never show.
pub(crate) const PASSWORD: &str = "canary@/?";
const IN_URL: &str = "canary%40%2F%3F";

/// A server, until dropped.
pub(crate) struct Server {
    process: Option<Child>,
    dir: TempDir,
    programs: PathBuf,
    pub(crate) port: u16,
}

static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());

fn programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.push("/usr/local/bin".into());
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    folders.extend(debian.into_iter().rev());
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// The server refuses to run as root.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

impl Server {
    /// A server that tests share while they run; each has databases of its own.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    /// A server for one test.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            let how = "install Debian's `postgresql`, or put `initdb` and `postgres` on the PATH";
            assert!(env::var_os("PIPELINE_TEST_ALL").is_none(), "{how}");
            eprintln!("NOT TESTED: Postgres is missing: {how}");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let password = dir.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        if is_root() {
            let mut chown = Command::new("chown");
            assert!(chown.args(["-R", "nobody:nogroup"]).arg(dir.path()).status().unwrap().success());
        }
        let made = unprivileged(&programs.join("initdb"))
            .args(["--no-sync", "--username=admin", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"])
            .arg(format!("--pwfile={}", password.display()))
            .arg("-D")
            .arg(dir.path().join("data"))
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let any = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = any.local_addr().unwrap().port();
        drop(any);
        let mut server = Self { process: None, dir, programs, port };
        server.up();
        Some(server)
    }

    /// Starts it, and waits until it answers.
    pub(crate) fn up(&mut self) {
        let log = fs::File::create(self.dir.path().join("log")).unwrap();
        let folder = self.dir.path().display().to_string();
        let process = unprivileged(&self.programs.join("postgres"))
            .args(["-D", &format!("{folder}/data"), "-p", &self.port.to_string(), "-h", "127.0.0.1"])
            .args(["-k", &folder, "-F", "-c", "max_connections=60"])
            .current_dir(self.dir.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
        let since = Instant::now();
        while let Err(error) = self.try_sql("postgres", "SELECT 1") {
            assert!(since.elapsed() < Duration::from_secs(120), "the server does not answer: {error}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as a crash does: SIGKILL for the server and whatever it started, which would go on without it.
    pub(crate) fn kill(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        signal("STOP", &[process.id()]); // no more children
        let mut all = children(process.id());
        all.push(process.id());
        signal("KILL", &all);
        process.wait().unwrap();
        let since = Instant::now();
        while all.iter().any(|pid| stat(*pid).is_some_and(|(state, _)| state != "Z")) {
            assert!(since.elapsed() < Duration::from_secs(60), "the server outlives SIGKILL");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://admin:{IN_URL}@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn url_of(&self, user: &str, database: &str) -> String {
        self.url(database).replacen("admin", user, 1)
    }

    /// A new database, and us connected to it.
    pub(crate) fn database(&self) -> (String, Postgres) {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        let postgres = Postgres::connect(&self.url(&name)).unwrap();
        (name, postgres)
    }

    /// What the server says to SQL: rows of texts, `NULL` for none.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> Vec<Vec<String>> {
        self.try_sql(database, sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    /// Asks again and again, on one connection, until there is a row: true; or until it is over: false.
    pub(crate) fn sees(&self, database: &str, question: &str, over: impl Fn() -> bool) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = connected(&self.url(database)).await.unwrap();
            while !over() {
                let messages = client.simple_query(question).await.unwrap();
                if messages.iter().any(|message| matches!(message, SimpleQueryMessage::Row(_))) {
                    return true;
                }
            }
            false
        })
    }

    fn try_sql(&self, database: &str, sql: &str) -> Result<Vec<Vec<String>>, tokio_postgres::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = connected(&self.url(database)).await?;
            let mut rows = Vec::new();
            for message in client.simple_query(sql).await? {
                if let SimpleQueryMessage::Row(row) = message {
                    let value = |i| row.get(i).unwrap_or("NULL").to_owned();
                    rows.push((0..row.len()).map(value).collect());
                }
            }
            Ok(rows)
        })
    }
}

/// Sends a signal; says whether all were there to take it.
fn signal(name: &str, processes: &[u32]) -> bool {
    let mut kill = Command::new("kill");
    kill.arg(format!("-{name}")).args(processes.iter().map(u32::to_string));
    kill.output().is_ok_and(|sent| sent.status.success())
}

/// State and parent of a process, while there is one.
fn stat(process: u32) -> Option<(String, u32)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = text.rsplit_once(") ")?.1.split(' '); // the name before it may hold anything
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.filter(|process| stat(*process).is_some_and(|(_, of)| of == parent)).collect()
}

async fn connected(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // SIGQUIT: at once, and its children with it.
            if !signal("QUIT", &[process.id()]) {
                let _ = process.kill();
            }
            let _ = process.wait();
        }
    }
}
