//! Objects listed, looked at and read.

use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::path::Path as LocalPath;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt;
use object_store::list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore};
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore};

use crate::error::{Error, Result};
use crate::remote::retry::retrying;
use crate::remote::s3::Bucket;
use crate::remote::s3::failure::Failure;
use crate::store::{Listed, Version, create_anew};

/// An object's entity tag. Some answers put it between quotation marks, some do not.
pub(super) fn version(tag: Option<&str>) -> Version {
    let tag = tag.unwrap_or_default();
    if tag.starts_with("W/") {
        Version::new(tag)
    } else {
        Version::new(format!("\"{}\"", tag.trim_matches('"')))
    }
}

impl Bucket {
    /// The name as object_store wants it.
    pub(super) fn path(&self, key: &str) -> Result<Path> {
        // It would take off slashes at both ends in silence.
        match Path::parse(key) {
            Ok(path) if path.as_ref() == key && !key.is_empty() => Ok(path),
            _ => Err(Error::Input {
                message: format!("`{}` is a name that is not read or written here", key.escape_debug()),
                hint: "use names with `/` between their parts: no empty part, no `.`, no `..`".into(),
            }),
        }
    }

    /// Gives up what moves no byte; `size` is what it has to move before it can answer.
    pub(super) async fn watched<T>(
        &self,
        size: u64,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, Failure> {
        // 64 KiB a second is slower than anything that works.
        let patience = self.options.stall + Duration::from_secs(size >> 16);
        match tokio::time::timeout(patience, work).await {
            Ok(result) => result.map_err(Failure::from),
            Err(_) => Err(Failure::Stalled(patience)),
        }
    }

    pub(super) async fn list(&self, prefix: &str) -> Result<Vec<Listed>> {
        let mut found: Vec<Listed> = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let PaginatedListResult { result, page_token } = self
                .page(prefix, token.clone(), None)
                .await
                .map_err(|failure| self.failed("list", prefix, failure))?;
            found.extend(result.objects.into_iter().map(|object| Listed {
                key: object.location.as_ref().to_owned(),
                size: object.size,
                version: version(object.e_tag.as_deref()),
            }));
            match page_token {
                Some(next) if token.as_ref() == Some(&next) => {
                    let message = "the server gives the same page again and again".into();
                    return Err(self.failed("list", prefix, Failure::OnTheWay { message, transient: false }));
                }
                Some(next) => token = Some(next),
                None => break,
            }
        }
        // What consoles show as an empty folder is an object whose name ends in a slash, which object_store takes off.
        found.retain(|object| object.key.starts_with(prefix));
        found.sort_by(|a, b| a.key.cmp(&b.key));
        let is_folder = |i: usize| {
            let folder = format!("{}/", found[i].key);
            let next = found.partition_point(|object| object.key < folder);
            found[i].size == 0 && found.get(next).is_some_and(|object| object.key.starts_with(&folder))
        };
        let folders: Vec<bool> = (0..found.len()).map(is_folder).collect();
        let mut folders = folders.into_iter();
        found.retain(|_| !folders.next().unwrap_or(false));
        Ok(found)
    }

    async fn page(
        &self,
        prefix: &str,
        page_token: Option<String>,
        max_keys: Option<usize>,
    ) -> Result<PaginatedListResult, Failure> {
        let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
        let options = PaginatedListOptions { page_token, max_keys, ..PaginatedListOptions::default() };
        let page = retrying(&self.options.retry, true, || {
            self.watched(0, self.s3.list_paginated(prefix, options.clone()))
        });
        page.await.inspect(|_| self.there.store(true, Ordering::Relaxed))
    }

    /// The size and the version of an object.
    pub(super) async fn stat(&self, key: &str) -> Result<Option<(u64, Version)>> {
        let path = self.path(key)?;
        let look = retrying(&self.options.retry, true, || {
            let options = GetOptions { head: true, ..GetOptions::default() };
            self.watched(0, self.s3.get_opts(&path, options))
        });
        match look.await {
            Ok(found) => {
                self.there.store(true, Ordering::Relaxed);
                Ok(Some((found.meta.size, version(found.meta.e_tag.as_deref()))))
            }
            Err(failure) => self.unless_none("look at", key, failure).await,
        }
    }

    /// Hands each part of an object's bytes on; none where there is none. `begin` is called at each try.
    pub(super) async fn read<T>(
        &self,
        key: &str,
        begin: impl Fn() -> Result<T>,
        part: impl Fn(&mut T, &[u8]) -> Result<()>,
    ) -> Result<Option<(T, Version)>> {
        let path = self.path(key)?;
        let (begin, part) = (&begin, &part);
        let read = retrying(&self.options.retry, true, || async {
            let found = self.watched(0, self.s3.get_opts(&path, GetOptions::default())).await?;
            let (announced, version) = (found.meta.size, version(found.meta.e_tag.as_deref()));
            let mut target = begin().map_err(Failure::Local)?;
            let (mut stream, mut got) = (found.into_stream(), 0);
            while let Some(bytes) = self.watched(0, async { stream.next().await.transpose() }).await? {
                part(&mut target, &bytes).map_err(Failure::Local)?;
                got += bytes.len() as u64;
            }
            if got != announced {
                return Err(Failure::CutShort { got, announced });
            }
            Ok((target, version))
        });
        match read.await {
            Ok(found) => Ok(Some(found)),
            Err(failure) => self.unless_none("read", key, failure).await,
        }
    }

    /// Reads an object into a local file.
    pub(super) async fn fetch(&self, key: &str, to: &LocalPath) -> Result<Option<Version>> {
        let begin = || create_anew(to);
        let write = |file: &mut File, bytes: &[u8]| file.write_all(bytes).map_err(Error::io("write", to));
        Ok(self.read(key, begin, write).await?.map(|(_, version)| version))
    }

    /// No object is no failure, but no bucket is one: to a look at an object both are answered alike.
    async fn unless_none<T>(&self, action: &str, key: &str, failure: Failure) -> Result<Option<T>> {
        if !failure.is_no_object() {
            return Err(self.failed(action, key, failure));
        }
        if self.there.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match self.page(key, None, Some(1)).await {
            // Who may not list may still read.
            Err(failure) if failure.status() != Some(403) => Err(self.failed(action, key, failure)),
            _ => Ok(None),
        }
    }
}
