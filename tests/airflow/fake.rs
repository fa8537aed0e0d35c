//! An Airflow of our own: version 2 or 3, as strict as the real ones, and with faults on request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::server::{Reply, Request, Server};

/// What the fake takes for a token, and what it takes a name and a password for.
pub(crate) const TOKEN: &str = "canary-token-1";
pub(crate) const USER: &str = "me";
pub(crate) const PASSWORD: &str = "canary-password-1";
/// `Basic` of the two.
const BASIC: &str = "Basic bWU6Y2FuYXJ5LXBhc3N3b3JkLTE=";

/// Something that goes wrong, once.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    Status(u16, Value),
    Empty,
    /// The connection is closed before anything is done.
    Lost,
    /// The connection is closed when all is done.
    Unheard,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) major: u32,
    /// Lists do not say how much there is in all, as Airflow 3.3 may not.
    pub(crate) uncounted: bool,
    pub(crate) dags: Vec<Value>,
    pub(crate) import_errors: Vec<Value>,
    pub(crate) runs: Vec<Value>,
    /// What a run that is asked for is next, and its tasks: `(state, tasks)`. The last one stays.
    pub(crate) script: VecDeque<(&'static str, Vec<Value>)>,
    pub(crate) tasks: Vec<Value>,
    pub(crate) log: String,
    /// What goes wrong with requests of a method whose path ends so.
    pub(crate) faults: VecDeque<(&'static str, &'static str, Fault)>,
    /// What happens when a DAG is asked for and not found, or not as it should be.
    pub(crate) upcoming: VecDeque<Value>,
    /// What else the logs accept.
    pub(crate) tokens: Vec<String>,
    pub(crate) seen: Vec<Request>,
}

/// A running fake.
pub(crate) struct Fake {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    _server: Server,
}

impl Fake {
    /// Airflow 2 or 3 with the DAG `drugs`.
    pub(crate) fn new(major: u32) -> Self {
        let state =
            State { major, dags: vec![dag(major, "drugs")], tokens: vec![TOKEN.into()], ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let inside = Arc::clone(&state);
        let server = Server::start(move |request| answer(&mut inside.lock().unwrap(), &request));
        Self { url: server.url.clone(), state, _server: server }
    }

    /// What it knows, to look at and to change.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn shared(&self) -> Arc<Mutex<State>> {
        Arc::clone(&self.state)
    }

    pub(crate) fn fault(&self, method: &'static str, path: &'static str, fault: Fault) {
        self.state().faults.push_back((method, path, fault));
    }

    /// How many runs there are.
    pub(crate) fn made(&self) -> usize {
        self.state().runs.len()
    }

    /// How often a method was used on paths that end so.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        let seen = &self.state().seen;
        seen.iter().filter(|r| r.method == method && r.raw_path.ends_with(path)).count()
    }
}

/// A DAG as the version writes it.
pub(crate) fn dag(major: u32, id: &str) -> Value {
    let parsed = "2026-11-21T09:17:50.138535";
    if major == 2 {
        json!({
            "dag_id": id, "is_paused": false, "is_active": true, "has_import_errors": false,
            "schedule_interval": {"__type": "CronExpression", "value": "0 4 * * *"},
            "last_parsed_time": format!("{parsed}+00:00"), "fileloc": format!("/dags/{id}.py"),
            "next_dagrun_create_after": "2026-11-22T04:00:00+00:00",
        })
    } else {
        json!({
            "dag_id": id, "is_paused": false, "is_stale": false, "has_import_errors": false,
            "timetable_summary": "0 4 * * *", "last_parsed_time": format!("{parsed}Z"),
            "fileloc": format!("/dags/{id}.py"), "next_dagrun_run_after": "2026-11-22T04:00:00Z",
        })
    }
}

pub(crate) fn task(id: &str, state: Option<&str>, attempt: u32) -> Value {
    let end = matches!(state, Some("success" | "failed")).then_some("2026-11-21T09:18:10.500+00:00");
    json!({
        "task_id": id, "map_index": -1, "state": state, "try_number": attempt,
        "start_date": state.map(|_| "2026-11-21T09:18:10.25+00:00"), "end_date": end, "duration": 10.187,
    })
}

fn refusal(status: u16, detail: &str) -> Reply {
    Reply::json(status, &json!({ "detail": detail }))
}

fn answer(state: &mut State, request: &Request) -> Reply {
    state.seen.push(request.clone());
    let hit = |(method, path, _): &(&str, &str, Fault)| {
        request.method == *method && request.raw_path.ends_with(path)
    };
    match state.faults.iter().position(hit).and_then(|at| state.faults.remove(at)) {
        None => route(state, request),
        Some((_, _, Fault::Status(status, body))) => Reply::json(status, &body),
        Some((_, _, Fault::Empty)) => Reply::Text(200, String::new()),
        Some((_, _, Fault::Lost)) => Reply::Nothing,
        Some((_, _, Fault::Unheard)) => {
            route(state, request);
            Reply::Nothing
        }
    }
}

fn route(state: &mut State, request: &Request) -> Reply {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    if path == ["auth", "token"] && request.method == "POST" && state.major == 3 {
        if request.body == json!({ "username": USER, "password": PASSWORD }) {
            return Reply::json(201, &json!({ "access_token": TOKEN }));
        }
        return refusal(401, "Invalid credentials");
    }
    let api = if state.major == 3 { "v2" } else { "v1" };
    let ["api", version, rest @ ..] = &path[..] else { return Reply::Text(404, "<html>no such page".into()) };
    if *version != api {
        return Reply::Text(404, String::new());
    }
    if *rest == ["version"] {
        return Reply::json(200, &json!({ "version": format!("{}.1.7", state.major), "git_version": null }));
    }
    let bearer = request.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
    let known = bearer.is_some_and(|token| state.tokens.iter().any(|known| known == token));
    let password = state.major == 2 && request.header("authorization") == Some(BASIC);
    if !known && !password {
        return refusal(401, "Not authenticated");
    }
    match (request.method.as_str(), rest) {
        ("GET", ["importErrors"]) => page(state, request, "import_errors", &state.import_errors),
        ("GET", ["dags"]) => page(state, request, "dags", &state.dags),
        ("GET", ["dags", id]) => {
            if let Some(next) = state.upcoming.pop_front() {
                state.dags = vec![next];
            }
            match state.dags.iter().find(|dag| dag["dag_id"] == *id) {
                Some(dag) => Reply::json(200, dag),
                None => refusal(404, "The Dag was not found"),
            }
        }
        ("PATCH", ["dags", id]) => {
            if request.query("update_mask") != Some("is_paused")
                || request.body != json!({ "is_paused": false })
            {
                return refusal(400, "what is to change?");
            }
            let dag = state.dags.iter_mut().find(|dag| dag["dag_id"] == *id).unwrap();
            dag["is_paused"] = false.into();
            Reply::json(200, dag)
        }
        ("POST", ["dags", id, "dagRuns"]) => create(state, request, id),
        ("GET", ["dags", _, "dagRuns"]) => {
            let field = if state.major == 3 { "logical_date" } else { "execution_date" };
            let wanted =
                request.query(&format!("{field}_gte")).map(|date| date.parse::<Timestamp>().unwrap());
            let is_wanted = |run: &Value| {
                let date = run["logical_date"].as_str().map(|date| date.parse().unwrap());
                wanted.is_none() || date == wanted
            };
            let mut runs: Vec<Value> = state.runs.iter().filter(|run| is_wanted(run)).cloned().collect();
            if request.query("order_by") == Some("-id") {
                runs.reverse();
            }
            page(state, request, "dag_runs", &runs)
        }
        ("GET", ["dags", _, "dagRuns", id]) => {
            let Some(at) = state.runs.iter().position(|run| run["dag_run_id"] == *id) else {
                return refusal(404, "The DagRun was not found");
            };
            let next =
                if state.script.len() > 1 { state.script.pop_front() } else { state.script.front().cloned() };
            if let Some((now, tasks)) = next {
                state.runs[at]["state"] = now.into();
                state.tasks = tasks;
            }
            Reply::json(200, &state.runs[at])
        }
        ("GET", ["dags", _, "dagRuns", _, "taskInstances"]) => {
            page(state, request, "task_instances", &state.tasks)
        }
        ("GET", ["dags", _, "dagRuns", _, "taskInstances", _, "logs", _]) => {
            let wanted = if state.major == 3 { "application/json" } else { "text/plain" };
            match request.header("accept") {
                Some(accept) if accept == wanted => Reply::Text(200, state.log.clone()),
                _ => refusal(406, "another media type"),
            }
        }
        _ => refusal(404, "Not Found"),
    }
}

/// A page of a list, of which the real ones hold 100 at most.
fn page(state: &State, request: &Request, key: &str, all: &[Value]) -> Reply {
    let number = |name, or| request.query(name).map_or(or, |text| text.parse().unwrap());
    let (limit, offset): (usize, usize) = (number("limit", 50), number("offset", 0));
    if limit > 100 {
        return refusal(422, "limit");
    }
    let items: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
    let total = (!state.uncounted).then_some(all.len());
    Reply::json(200, &json!({ key: items, "total_entries": total }))
}

/// Makes a run as the API does, and as the command does.
pub(crate) fn create(state: &mut State, request: &Request, dag: &str) -> Reply {
    let body = request.body.as_object().unwrap();
    if !state.dags.iter().any(|known| known["dag_id"] == dag) {
        return refusal(404, "DAG not found");
    }
    if let Some(key) = body.keys().find(|key| !["dag_run_id", "logical_date", "conf"].contains(&key.as_str()))
    {
        return refusal(422, &format!("Extra inputs are not permitted: {key}"));
    }
    let Some(Ok(date)) =
        body.get("logical_date").map(|date| date.as_str().unwrap_or("").parse::<Timestamp>())
    else {
        return refusal(422, "logical_date: Field required");
    };
    let same = |run: &&Value| {
        run["dag_run_id"] == body["dag_run_id"]
            || run["logical_date"].as_str().unwrap().parse::<Timestamp>().unwrap() == date
    };
    if state.runs.iter().any(|run| same(&run)) {
        return refusal(409, "Unique constraint violation");
    }
    let run = json!({
        "dag_run_id": body["dag_run_id"], "dag_id": dag, "state": "queued", "conf": body["conf"],
        // Whatever zone it likes.
        "logical_date": date.to_string().replace('Z', "+00:00"), "start_date": null, "end_date": null,
    });
    state.runs.push(run.clone());
    Reply::json(200, &run)
}
