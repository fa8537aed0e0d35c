//! The REST API: `/api/v2` in Airflow 3, `/api/v1` in Airflow 2, which differ in little that matters here.
//!
//! An answer of Airflow 3 can be empty although its status is 200: what should not be empty is asked for again.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::airflow::dag::{Dag, ImportError};
use crate::airflow::options::AirflowOptions;
use crate::airflow::run::{DagRun, NewRun, Task};
use crate::airflow::trouble::{Outcome, Trouble};
use crate::airflow::{log, login};
use crate::error::Error;
use crate::remote::http::{Failure, Http, Request, base_url, is_readable_on_the_way, segment};

/// Airflow's own limit on what one page holds.
const PAGE: usize = 100;

/// A web server that answers.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    url: String,
    major: u32,
    options: AirflowOptions,
    /// Replaced when the token has run out.
    http: Arc<Mutex<Http>>,
}

#[derive(Deserialize)]
struct Version {
    version: String,
}

impl Rest {
    /// Finds out which version is there, and logs in.
    pub(super) async fn open(url: &str, options: &AirflowOptions) -> Outcome<Self> {
        let url = base_url(url, "Airflow").map_err(fatal)?;
        if !options.credentials.is_anonymous() && is_readable_on_the_way(&url) {
            if options.credentials.is_google() {
                return Err(fatal(Error::Input {
                    message: format!(
                        "a Google token is not sent to `{url}`: others could read it on the way"
                    ),
                    hint: "use the `https://` address of Airflow".into(),
                }));
            }
            tracing::warn!(
                "what is sent to `{url}` can be read on the way, the password or token too: use https"
            );
        }
        let http =
            Http::new(options.credentials.clone(), options.retry.clone(), options.timeout).map_err(fatal)?;
        let this = Self { url, major: 3, options: options.clone(), http: Arc::new(Mutex::new(http)) };
        let this = this.with_version().await?;
        if this.major >= 3
            && let Some(http) = this.logged_in().await.map_err(fatal)?
        {
            this.replace(http);
        }
        Ok(this)
    }

    /// What `/api/v2/version` or `/api/v1/version` answers. Whoever does not know the first has another status than 200.
    async fn with_version(mut self) -> Outcome<Self> {
        let mut last = None;
        for (api, major) in [("v2", 3), ("v1", 2)] {
            let request = Request::get(format!("{}/api/{api}/version", self.url));
            match self.some::<Version>(&request).await {
                Ok(version) => {
                    tracing::debug!(version = version.version, "Airflow answers at `{}`", self.url);
                    self.major = major;
                    return Ok(self);
                }
                // Nobody there, or the door is shut: the other address will not do better.
                Err(failure) if failure.may_pass() || matches!(failure.status, Some(401 | 403)) => {
                    return Err(self.failed("reach", "", failure));
                }
                Err(failure) => last = Some(failure),
            }
        }
        Err(fatal(Error::Remote {
            message: format!("`{}` does not answer as Airflow 2 or 3 does", self.url),
            hint: "check the address: it is that of Airflow's first page, without `/home` or `/api`".into(),
            source: last.map(Into::into),
        }))
    }

    /// A client with a token, if we have a name and a password.
    async fn logged_in(&self) -> crate::error::Result<Option<Http>> {
        let Some((user, password)) = self.options.credentials.name_and_password() else { return Ok(None) };
        let nobody = crate::remote::Credentials::anonymous();
        let (retry, timeout) = (&self.options.retry, self.options.timeout);
        let token =
            login::token(&Http::new(nobody, retry.clone(), timeout)?, &self.url, user, password).await?;
        Http::new(token, retry.clone(), timeout).map(Some)
    }

    fn replace(&self, http: Http) {
        *self.http.lock().unwrap_or_else(PoisonError::into_inner) = http;
    }

    fn client(&self) -> Http {
        self.http.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn major(&self) -> u32 {
        self.major
    }

    pub(super) fn pause(&self) -> std::time::Duration {
        self.options.retry.initial
    }

    pub(super) fn api(&self, path: &str) -> String {
        format!("{}/api/{}/{path}", self.url, if self.major >= 3 { "v2" } else { "v1" })
    }

    /// Sends a request, with a new token if the one we had has run out.
    pub(super) async fn bytes(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        match self.client().bytes(request).await {
            Err(failure) if failure.status == Some(401) && self.major >= 3 => match self.logged_in().await {
                Ok(Some(http)) => {
                    self.replace(http.clone());
                    http.bytes(request).await
                }
                _ => Err(failure),
            },
            other => other,
        }
    }

    /// The answer to a request, or none if it is empty.
    pub(super) async fn answer<T: DeserializeOwned>(&self, request: &Request) -> Result<Option<T>, Failure> {
        request.parsed(&self.bytes(request).await?)
    }

    /// The answer to a GET; asks again if it is empty.
    async fn some<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Failure> {
        for _ in 0..2 {
            if let Some(answer) = self.answer(request).await? {
                return Ok(answer);
            }
            tracing::debug!("an empty answer, asking again");
            tokio::time::sleep(self.pause()).await;
        }
        self.answer(request).await?.ok_or_else(|| request.unanswered())
    }

    /// A GET of something that may not be there.
    async fn find<T: DeserializeOwned>(&self, action: &str, what: &str, path: &str) -> Outcome<Option<T>> {
        match self.some(&Request::get(self.api(path))).await {
            Ok(found) => Ok(Some(found)),
            Err(failure) if failure.status == Some(404) => Ok(None),
            Err(failure) => Err(self.failed(action, what, failure)),
        }
    }

    /// All pages of a list, or as many as hold `most`.
    async fn list<T: DeserializeOwned>(
        &self,
        (action, what): (&str, &str),
        request: &Request,
        key: &str,
        most: usize,
    ) -> Outcome<Vec<T>> {
        let mut all = Vec::new();
        loop {
            let limit = PAGE.min(most - all.len());
            let page = request.clone().query("limit", &limit).query("offset", &all.len());
            let mut answer: Value =
                self.some(&page).await.map_err(|failure| self.failed(action, what, failure))?;
            let total = answer["total_entries"].as_u64().and_then(|n| usize::try_from(n).ok());
            let items: Vec<T> = serde_json::from_value(answer[key].take())
                .map_err(|error| self.failed(action, what, page.unexpected(&error)))?;
            // Airflow 3.3 may not count: then a page that is not full is the last one.
            let ended = items.is_empty() || (total.is_none() && items.len() < limit);
            all.extend(items);
            if ended || all.len() >= most || total.is_some_and(|total| all.len() >= total) {
                return Ok(all);
            }
        }
    }

    pub(super) async fn dag(&self, name: &str) -> Outcome<Option<Dag>> {
        self.find("ask about the DAG", name, &format!("dags/{}", segment(name))).await
    }

    pub(super) async fn dags(&self) -> Outcome<Vec<Dag>> {
        let request = Request::get(self.api("dags")).query("order_by", "dag_id");
        self.list(("list the DAGs", ""), &request, "dags", usize::MAX).await
    }

    pub(super) async fn import_errors(&self) -> Outcome<Vec<ImportError>> {
        let request = Request::get(self.api("importErrors"));
        self.list(("list the import errors", ""), &request, "import_errors", usize::MAX).await
    }

    pub(super) async fn unpause(&self, name: &str) -> Outcome<()> {
        let request =
            Request::patch(self.api(&format!("dags/{}", segment(name))), json!({ "is_paused": false }))
                .query("update_mask", "is_paused");
        match self.bytes(&request).await {
            Ok(_) => Ok(()),
            Err(failure) => Err(self.failed("unpause the DAG", name, failure)),
        }
    }

    pub(super) async fn runs(&self, dag: &str, limit: usize) -> Outcome<Vec<DagRun>> {
        let request =
            Request::get(self.api(&format!("dags/{}/dagRuns", segment(dag)))).query("order_by", "-id");
        self.list(("list the runs of", dag), &request, "dag_runs", limit).await
    }

    pub(super) async fn run(&self, dag: &str, id: &str) -> Outcome<Option<DagRun>> {
        self.find("ask about the run", id, &format!("dags/{}/dagRuns/{}", segment(dag), segment(id))).await
    }

    pub(super) async fn tasks(&self, dag: &str, id: &str) -> Outcome<Vec<Task>> {
        let path = format!("dags/{}/dagRuns/{}/taskInstances", segment(dag), segment(id));
        let request = Request::get(self.api(&path));
        self.list(("list the tasks of the run", id), &request, "task_instances", usize::MAX).await
    }

    /// Asks for a run to be made. It is sent once: see `create.rs` for what to make of a lost answer.
    pub(super) async fn post_run(&self, new: &NewRun) -> Result<Option<DagRun>, Failure> {
        let body = json!({
            "dag_run_id": new.id,
            "logical_date": new.logical_date.to_string(),
            "conf": new.conf(),
        });
        self.answer(&Request::post(self.api(&format!("dags/{}/dagRuns", segment(&new.dag))), body)).await
    }

    /// The runs that are for a date.
    pub(super) async fn runs_for(&self, new: &NewRun) -> Outcome<Vec<DagRun>> {
        let date = new.logical_date.to_string();
        let filter = if self.major >= 3 { "logical_date" } else { "execution_date" };
        let request = Request::get(self.api(&format!("dags/{}/dagRuns", segment(&new.dag))))
            .query(&format!("{filter}_gte"), &date)
            .query(&format!("{filter}_lte"), &date);
        self.list(("list the runs of", &new.dag), &request, "dag_runs", 1).await
    }

    pub(super) async fn error_lines(&self, run: &DagRun, task: &Task, most: usize) -> Outcome<Vec<String>> {
        let [dag, id, name] = [&run.dag, &run.id, &task.id].map(|name| segment(name));
        let attempt = task.attempt.unwrap_or(1).max(1);
        let path = format!("dags/{dag}/dagRuns/{id}/taskInstances/{name}/logs/{attempt}");
        let mut request = Request::get(self.api(&path))
            .query("full_content", "true")
            .accept(if self.major >= 3 { "application/json" } else { "text/plain" });
        if let Some(index) = task.map_index {
            request = request.query("map_index", &index);
        }
        match self.bytes(&request).await {
            Ok(bytes) => Ok(log::error_lines(&bytes, most)),
            Err(failure) => Err(self.failed("read the log of the task", &task.id, failure)),
        }
    }

    pub(super) fn failed(&self, action: &str, what: &str, failure: Failure) -> Trouble {
        let place = if what.is_empty() { String::new() } else { format!(" `{what}`") };
        let at = if action == "reach" { " Airflow at" } else { place.as_str() };
        let joint = if action == "reach" { "" } else { " at" };
        let google = self.options.credentials.is_google();
        let hint = match failure.status {
            Some(401) if google => "sign in again with `gcloud auth application-default login`".into(),
            Some(401) => "set AIRFLOW_USERNAME and AIRFLOW_PASSWORD, or AIRFLOW_TOKEN, to what it accepts".into(),
            // Airflow 3, of a token that it cannot read.
            Some(403) if failure.message.contains("JWT") => {
                "AIRFLOW_TOKEN is none of its tokens: get a new one, or use AIRFLOW_USERNAME and AIRFLOW_PASSWORD".into()
            }
            Some(403) if google => {
                "give your account the role `roles/composer.user`, and in Airflow the role `Op`; \
                                    or let your address in: web server access control of the environment"
                    .into()
            }
            Some(403) => "ask for a role in Airflow that may do this: `User` or `Op`".into(),
            Some(400 | 404 | 422) => {
                "see what the server said above; the DAG may have changed meanwhile".into()
            }
            Some(_) => "the server gave the reason above; run again when it is gone".into(),
            None => "check the address, the network, and the proxy; then run again".into(),
        };
        Trouble {
            passing: failure.may_pass(),
            error: Error::Remote {
                message: format!("cannot {action}{at}{joint} `{}`", self.url),
                hint,
                source: Some(Box::new(failure)),
            },
        }
    }
}

/// Whether the web server turned us away at its door, as access control by address does.
pub(super) fn is_closed(error: &Error) -> bool {
    matches!(error, Error::Remote { source: Some(source), .. }
        if source.downcast_ref::<Failure>().is_some_and(|failure| failure.status == Some(403)))
}

fn fatal(error: Error) -> Trouble {
    Trouble { error, passing: false }
}
