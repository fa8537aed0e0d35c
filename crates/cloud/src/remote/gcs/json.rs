//! The JSON API: lists, versions, server-side copies, deletes.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::remote::gcs::object::number;
use crate::remote::gcs::{Bucket, Object, Over, is_no_bucket};
use crate::remote::http::{Method, Request, segment};

const FIELDS: &str = "name,size,crc32c,generation,metadata,updated";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    items: Vec<Object>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rewrite {
    done: bool,
    rewrite_token: Option<String>,
    #[serde(default, deserialize_with = "number")]
    total_bytes_rewritten: u64,
    resource: Option<Object>,
}

impl Bucket {
    /// The objects whose names are at least `from` and below `to`, in the order of their names. An empty text is no
    /// bound.
    pub async fn list(&self, from: &str, to: &str) -> Result<Vec<Object>> {
        self.pages(&[("startOffset", from), ("endOffset", to)]).await
    }

    /// The objects whose names begin with a text.
    pub async fn list_prefix(&self, prefix: &str) -> Result<Vec<Object>> {
        self.pages(&[("prefix", prefix)]).await
    }

    /// All the kept versions of one object, the oldest first. A bucket without versioning keeps the last one.
    pub async fn versions(&self, name: &str) -> Result<Vec<Object>> {
        let mut all = self.pages(&[("prefix", name), ("versions", "true")]).await?;
        all.retain(|object| object.name == name);
        all.sort_by_key(|object| object.generation);
        Ok(all)
    }

    async fn pages(&self, query: &[(&str, &str)]) -> Result<Vec<Object>> {
        let mut request = Request::get(format!("{}/storage/v1/b/{}/o", self.endpoint, self.name))
            .query("maxResults", &self.options.page)
            .query("fields", &format!("items({FIELDS}),nextPageToken"));
        for (key, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.query(key, value);
        }
        let mut objects = Vec::new();
        let mut token: Option<String> = None;
        let mut tokens = HashSet::new();
        loop {
            let page = match &token {
                None => request.clone(),
                Some(token) => request.clone().query("pageToken", token),
            };
            let page: Page =
                self.http.json(&page).await.map_err(|failure| self.failed("list", "", failure))?;
            objects.extend(page.items);
            match page.next_page_token.filter(|next| !next.is_empty()) {
                Some(next) if !tokens.insert(next.clone()) => {
                    return Err(Error::Remote {
                        message: format!(
                            "cannot list `gs://{}`: the server gives the same page again and again",
                            self.name
                        ),
                        hint:
                            "this is no list that can be trusted; see whether the storage service has trouble"
                                .into(),
                        source: None,
                    });
                }
                Some(next) => token = Some(next),
                None => return Ok(objects),
            }
        }
    }

    /// What storage says about an object; nothing if there is none.
    pub async fn stat(&self, name: &str) -> Result<Option<Object>> {
        let request = Request::get(self.object_url(name)).query("fields", FIELDS);
        match self.http.json(&request).await {
            Ok(object) => Ok(Some(object)),
            Err(failure) if failure.status == Some(404) && !is_no_bucket(&failure.message) => Ok(None),
            Err(failure) => Err(self.failed("look at", name, failure)),
        }
    }

    /// Copies one version of an object inside the bucket, with the metadata given.
    pub async fn copy(
        &self,
        from: &Object,
        to: &str,
        over: Over,
        metadata: &[(&str, &str)],
    ) -> Result<Object> {
        let target = self.object_url(to).replacen(&self.endpoint, "", 1).replacen("/storage/v1", "", 1);
        let metadata: serde_json::Map<String, Value> =
            metadata.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
        let url = format!("{}/rewriteTo{target}", self.object_url(&from.name));
        let mut request = Request::post(url, json!({ "metadata": metadata }))
            .query("sourceGeneration", &from.generation)
            .query("fields", &format!("done,rewriteToken,resource({FIELDS})"));
        if let Some(generation) = over.condition() {
            request = request.query("ifGenerationMatch", &generation).repeatable();
        }
        let mut token: Option<String> = None;
        let (mut copied, mut idle) = (0, 0);
        loop {
            let step = match &token {
                None => request.clone(),
                Some(token) => request.clone().query("rewriteToken", token),
            };
            let answer: Rewrite = match self.http.json(&step).await {
                Ok(answer) => answer,
                Err(failure) if failure.status == Some(412) => {
                    return self.settle(to, from.size, from.crc32c, over).await;
                }
                Err(failure) => return Err(self.failed("copy to", to, failure)),
            };
            if let (true, Some(object)) = (answer.done, answer.resource) {
                return Ok(object);
            }
            idle = if answer.total_bytes_rewritten > copied { 0 } else { idle + 1 };
            copied = answer.total_bytes_rewritten;
            token = answer.rewrite_token;
            if token.is_none() || idle >= self.options.retry.attempts {
                return Err(Error::Remote {
                    message: format!(
                        "cannot copy to `{}`: the server neither goes on nor ends",
                        self.url(to)
                    ),
                    hint: "run again; see whether the storage service has trouble".into(),
                    source: None,
                });
            }
        }
    }

    /// Deletes one generation of an object; that it is gone already is success.
    pub async fn delete(&self, name: &str, generation: i64) -> Result<()> {
        let request = Request::new(Method::DELETE, self.object_url(name))
            .query("ifGenerationMatch", &generation)
            .repeatable();
        match self.http.bytes(&request).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.status == Some(404) && !is_no_bucket(&failure.message) => Ok(()),
            // Some servers say of what is gone that its generation is another.
            Err(failure) if failure.status == Some(412) && self.stat(name).await?.is_none() => Ok(()),
            Err(failure) => Err(self.failed("delete", name, failure)),
        }
    }

    /// After a 412: the write may have been our own, whose answer got lost on the way before it was sent again.
    pub(super) async fn settle(&self, name: &str, size: u64, crc32c: u32, over: Over) -> Result<Object> {
        match self.stat(name).await? {
            Some(there)
                if there.size == size
                    && there.crc32c == crc32c
                    && over != Over::Generation(there.generation) =>
            {
                Ok(there)
            }
            _ => Err(Error::Conflict { url: self.url(name) }),
        }
    }

    fn object_url(&self, name: &str) -> String {
        format!("{}/storage/v1/b/{}/o/{}", self.endpoint, self.name, segment(name))
    }
}
