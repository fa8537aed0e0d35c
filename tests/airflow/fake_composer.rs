//! A Composer API of our own: one environment, and the commands of its Airflow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

use super::fake::{self, Fake};
use super::server::{Reply, Request, Server};

/// The one environment there is.
pub(crate) const NAME: &str = "projects/p-1/locations/europe-west1/environments/e-1";

#[derive(Default)]
pub(crate) struct State {
    /// Answered in place of anything else.
    pub(crate) refusal: Option<(u16, Value)>,
    /// The commands that were run, word by word.
    pub(crate) commands: Vec<Vec<String>>,
    /// Said by the next command that starts a run, in place of doing it.
    pub(crate) fails: Option<&'static str>,
    running: HashMap<String, (i32, Vec<String>)>,
}

pub(crate) struct FakeComposer {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    _server: Server,
}

impl FakeComposer {
    /// An environment whose web server is at an address, and whose commands are those of an Airflow.
    pub(crate) fn new(airflow_uri: &str, airflow: &Fake) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (inside, inner, uri) = (Arc::clone(&state), airflow.shared(), airflow_uri.to_owned());
        let server = Server::start(move |request| {
            let mut airflow = inner.lock().unwrap();
            answer(&mut inside.lock().unwrap(), &mut airflow, &uri, &request)
        });
        Self { url: server.url.clone(), state, _server: server }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn answer(state: &mut State, airflow: &mut fake::State, uri: &str, request: &Request) -> Reply {
    if let Some((status, body)) = &state.refusal {
        return Reply::json(*status, body);
    }
    let path = request.path.join("/");
    let Some(action) = path.strip_prefix(&format!("v1/{NAME}")) else {
        return Reply::json(404, &json!({"error": {"code": 404, "message": "Environment not found"}}));
    };
    match (request.method.as_str(), action) {
        ("GET", "") => Reply::json(
            200,
            &json!({
                "name": NAME, "state": "RUNNING",
                "config": {
                    "dagGcsPrefix": "gs://bucket-1/dags", "airflowUri": uri,
                    "softwareConfig": {"imageVersion": format!("composer-3-airflow-{}.1.7-build.4", airflow.major)},
                },
            }),
        ),
        ("POST", ":executeAirflowCommand") => {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let mut words = vec![text(&request.body["command"]), text(&request.body["subcommand"])];
            words.extend(request.body["parameters"].as_array().unwrap().iter().map(text));
            let id = format!("execution-{}", state.commands.len());
            let (code, said) = execute(state, airflow, &words);
            let mut lines = vec![
                "UserWarning: Could not import graphviz.".to_owned(),
                "[2026-11-21T09:29:33.048+0000] {__init__.py:43} INFO - Loaded".to_owned(),
            ];
            lines.extend(said.lines().map(str::to_owned));
            state.running.insert(id.clone(), (code, lines));
            state.commands.push(words);
            Reply::json(200, &json!({ "executionId": id, "pod": "pod-1", "podNamespace": "space-1" }))
        }
        ("POST", ":pollAirflowCommand") => {
            let (pod, space) = (&request.body["pod"], &request.body["podNamespace"]);
            assert_eq!((pod.as_str(), space.as_str()), (Some("pod-1"), Some("space-1")));
            let (code, lines) = &state.running[request.body["executionId"].as_str().unwrap()];
            // Two lines a time, counted from 1.
            let from = usize::try_from(request.body["nextLineNumber"].as_u64().unwrap()).unwrap();
            let lines: Vec<Value> = lines
                .iter()
                .enumerate()
                .skip(from - 1)
                .take(2)
                .map(|(at, line)| json!({ "lineNumber": at + 1, "content": line }))
                .collect();
            if !lines.is_empty() {
                return Reply::json(200, &json!({ "output": lines }));
            }
            let exit = if *code == 0 { json!({}) } else { json!({ "exitCode": code }) };
            Reply::json(200, &json!({ "outputEnd": true, "exitInfo": exit }))
        }
        _ => Reply::json(404, &json!({"error": {"message": "no such method"}})),
    }
}

/// What the command says, with its exit code; as Airflow 2.10.5 and 3.1.7 do.
fn execute(state: &mut State, airflow: &mut fake::State, words: &[String]) -> (i32, String) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let list = |items: &[Value]| (0, json!(items).to_string());
    let (three, two) = (airflow.major == 3, airflow.major == 2);
    match words[..] {
        ["dags", "details", id, "-o", "json"] => {
            match airflow.dags.iter().find(|dag| dag["dag_id"] == id) {
                Some(dag) => {
                    let mut dag = dag.clone();
                    // The commands print every scalar as a text.
                    dag["is_paused"] = if dag["is_paused"] == true { "True".into() } else { "False".into() };
                    list(&[dag])
                }
                None => (1, format!("DAG: {id} does not exist in 'dag' table")),
            }
        }
        ["dags", "list", "-o", "json"] => list(&airflow.dags),
        ["dags", "list-import-errors", "-o", "json"] => {
            let errors: Vec<Value> = airflow
                .import_errors
                .iter()
                .map(|e| json!({ "filepath": e["filename"], "error": e["stack_trace"] }))
                .collect();
            (i32::from(!errors.is_empty()), json!(errors).to_string())
        }
        ["dags", "unpause", id] => {
            airflow.dags.iter_mut().find(|dag| dag["dag_id"] == id).unwrap()["is_paused"] = false.into();
            (0, "dag_id | is_paused\n".into())
        }
        ["dags", "trigger", id, "--run-id", run, option, date, "--conf", conf, "-o", "json"]
            if option == if three { "--logical-date" } else { "--exec-date" } =>
        {
            if let Some(said) = state.fails.take() {
                return (1, said.into());
            }
            let conf: Value = serde_json::from_str(conf).unwrap();
            let body = json!({ "dag_run_id": run, "logical_date": date, "conf": conf });
            let request = Request {
                method: "POST".into(),
                path: Vec::new(),
                raw_path: String::new(),
                query: Vec::new(),
                headers: Vec::new(),
                body,
            };
            match fake::create(airflow, &request, id) {
                Reply::Text(200, _) => list(&airflow.runs[airflow.runs.len() - 1..]),
                _ => (
                    1,
                    format!("airflow.exceptions.DagRunAlreadyExists: A DAG Run already exists for DAG {id}"),
                ),
            }
        }
        ["dags", "list-runs", "-d", _, "-o", "json"] if two => runs(airflow),
        ["dags", "list-runs", _, "-o", "json"] if three => runs(airflow),
        ["tasks", "states-for-dag-run", _, _, "-o", "json"] => {
            let task = |task: &Value| json!({ "task_id": task["task_id"], "state": task["state"], "start_date": "", "end_date": "" });
            list(&airflow.tasks.iter().map(task).collect::<Vec<_>>())
        }
        _ => (2, format!("airflow: error: unrecognized arguments: {}", words.join(" "))),
    }
}

fn runs(airflow: &mut fake::State) -> (i32, String) {
    let next =
        if airflow.script.len() > 1 { airflow.script.pop_front() } else { airflow.script.front().cloned() };
    if let (Some((now, tasks)), Some(run)) = (next, airflow.runs.last_mut()) {
        run["state"] = now.into();
        airflow.tasks = tasks;
    }
    let key = if airflow.major == 3 { "logical_date" } else { "execution_date" };
    let run = |run: &Value| {
        json!({ "dag_id": run["dag_id"], "run_id": run["dag_run_id"], "state": run["state"],
                key: run["logical_date"], "start_date": "", "end_date": "" })
    };
    (0, json!(airflow.runs.iter().rev().map(run).collect::<Vec<_>>()).to_string())
}
