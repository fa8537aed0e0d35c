//! A plan as a file: looked at by somebody, then carried out exactly as it is, or not at all.
//!
//! The file is a record, not a program. Whoever carries it out makes the plan anew and compares: that the files, the
//! bucket and the plan still agree is the only thing that a file could not know.

use serde::{Deserialize, Serialize};

use crate::composer::plan::Plan;
use crate::error::{Action, Error, Result, Setting};
use crate::remote::gcs::{Bucket, Object};
use crate::remote::tree::head;

/// A text of more bytes is not compared line by line.
const MOST_TEXT: u64 = 256 << 10;
/// So many files are compared line by line.
const MOST_DIFFS: usize = 50;

/// A plan as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// The format; 1.
    pub version: u32,
    /// The bucket, without `gs://`.
    pub bucket: String,
    /// The generation of the manifest that the plan saw; none if there is none, or if nothing has to change.
    pub manifest: Option<String>,
    /// What is written, in this order.
    pub writes: Vec<PlannedWrite>,
    /// What is deleted.
    pub deletes: Vec<PlannedDelete>,
    /// What is in the way: nothing is done while there is anything.
    pub conflicts: Vec<String>,
    /// How DAGs and what lies beside them change; for people to read.
    #[serde(default)]
    pub diffs: Vec<Diff>,
}

/// An object that is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedWrite {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// CRC32C of the content, eight hexadecimal digits.
    pub crc32c: String,
    /// The generation that it replaces; none if there is no such object.
    pub over: Option<String>,
}

/// An object that is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedDelete {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// Its generation.
    pub generation: Option<String>,
}

/// How the text of an object changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diff {
    /// The object.
    pub name: String,
    /// As of `diff -u`.
    pub text: String,
}

impl PlanFile {
    /// What a plan says, without how texts change.
    #[must_use]
    pub fn of(plan: &Plan, bucket: &Bucket) -> Self {
        let text = |generation: i64| generation.to_string();
        let writes = plan.writes.iter().map(|change| PlannedWrite {
            name: change.name.clone(),
            bytes: change.bytes,
            crc32c: change
                .source
                .as_ref()
                .map_or_else(String::new, |source| format!("{:08x}", source.crc32c)),
            over: change.seen.map(text),
        });
        let deletes = plan.deletes.iter().map(|change| PlannedDelete {
            name: change.name.clone(),
            bytes: change.bytes,
            generation: change.seen.map(text),
        });
        Self {
            version: 1,
            bucket: bucket.name().to_owned(),
            manifest: plan.manifest.as_ref().map(|object| text(object.generation)),
            writes: writes.collect(),
            deletes: deletes.collect(),
            conflicts: plan.conflicts.clone(),
            diffs: Vec::new(),
        }
    }

    /// Adds how DAGs and what lies beside them change. Data is not shown: a plan is read by many.
    pub async fn with_diffs(mut self, plan: &Plan, bucket: &Bucket) -> Result<Self> {
        let texts =
            plan.writes.iter().filter(|change| change.name.starts_with("dags/") && change.bytes <= MOST_TEXT);
        for change in texts.take(MOST_DIFFS) {
            let (Some(source), Some(there)) = (&change.source, &change.there) else { continue };
            if there.size > MOST_TEXT {
                continue;
            }
            let (before, after) =
                (text_of(bucket, there).await?, String::from_utf8(head(&source.path, MOST_TEXT)?));
            if let (Some(before), Ok(after)) = (before, after) {
                self.diffs
                    .push(Diff { name: change.name.clone(), text: unified(&change.name, &before, &after) });
            }
        }
        Ok(self)
    }

    /// Reads a plan that was written down.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let wrong = |what: String| Error::Input {
            message: format!("cannot use the plan `{file}`: {what}"),
            hint: format!(
                "a plan is written by {} with {} and {}",
                Action::Upload,
                Setting::DryRun,
                Setting::Out
            ),
        };
        let plan: Self = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        match plan.version {
            1 => Ok(plan),
            other => Err(wrong(format!("its format has the version {other}, this tool knows 1"))),
        }
    }

    /// Refuses to go on if what would be done now is not what is written here.
    ///
    /// # Errors
    /// Something differs: all of it is named.
    pub fn is_still(&self, now: &Self) -> Result<()> {
        let differences = self.differences(now);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::Input {
            message: format!("the plan is not what would be done now: {}", differences.join("; ")),
            hint: format!(
                "nothing was changed: make a new plan with {} and {}, and have it looked at again",
                Setting::DryRun,
                Setting::Out
            ),
        })
    }

    fn differences(&self, now: &Self) -> Vec<String> {
        let mut told = Vec::new();
        if self.bucket != now.bucket {
            told.push(format!("it is for gs://{}, not for gs://{}", self.bucket, now.bucket));
        }
        if self.manifest != now.manifest {
            told.push("somebody has uploaded since".to_owned());
        }
        let names =
            |writes: &[PlannedWrite]| writes.iter().map(|write| write.name.clone()).collect::<Vec<_>>();
        let goes = |deletes: &[PlannedDelete]| deletes.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        told.extend(lists("is to be written", &names(&self.writes), &names(&now.writes)));
        told.extend(lists("is to be deleted", &goes(&self.deletes), &goes(&now.deletes)));
        told.extend(lists("is in the way", &self.conflicts, &now.conflicts));
        for write in &self.writes {
            let other = now.writes.iter().find(|other| other.name == write.name);
            match other {
                Some(other) if other.over != write.over => {
                    told.push(format!("`{}` was changed in the bucket since", write.name));
                }
                Some(other) if other != write => {
                    told.push(format!("`{}` is another file by now", write.name));
                }
                _ => {}
            }
        }
        for delete in &self.deletes {
            if now.deletes.iter().any(|other| other.name == delete.name && other != delete) {
                told.push(format!("`{}` was changed in the bucket since", delete.name));
            }
        }
        told
    }
}

/// What stands in one list and not in the other.
fn lists(what: &str, then: &[String], now: &[String]) -> Vec<String> {
    let gone = then.iter().filter(|name| !now.contains(name)).map(|name| format!("`{name}` {what} no more"));
    let new = now.iter().filter(|name| !then.contains(name)).map(|name| format!("`{name}` {what} now, too"));
    gone.chain(new).collect()
}

async fn text_of(bucket: &Bucket, object: &Object) -> Result<Option<String>> {
    Ok(String::from_utf8(bucket.get(object).await?.into()).ok())
}

fn unified(name: &str, before: &str, after: &str) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(3).header(&format!("a/{name}"), &format!("b/{name}")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(writes: &[(&str, &str, Option<&str>)], deletes: &[(&str, &str)]) -> PlanFile {
        let write = |(name, crc32c, over): &(&str, &str, Option<&str>)| PlannedWrite {
            name: (*name).into(),
            bytes: 1,
            crc32c: (*crc32c).into(),
            over: over.map(Into::into),
        };
        let delete = |(name, generation): &(&str, &str)| PlannedDelete {
            name: (*name).into(),
            bytes: 1,
            generation: Some((*generation).into()),
        };
        PlanFile {
            version: 1,
            bucket: "bucket".into(),
            manifest: Some("1".into()),
            writes: writes.iter().map(write).collect(),
            deletes: deletes.iter().map(delete).collect(),
            conflicts: Vec::new(),
            diffs: Vec::new(),
        }
    }

    #[test]
    fn every_difference_is_told() {
        let plan = file(&[("a", "0", None), ("b", "0", Some("5"))], &[("x", "7")]);
        assert_eq!(plan.differences(&plan), Vec::<String>::new());
        let mut other = file(&[("b", "0", Some("6")), ("c", "0", None)], &[("y", "7")]);
        other.bucket = "other".into();
        other.manifest = None;
        other.conflicts.push("z".into());
        let told = plan.differences(&other).join("\n");
        for part in [
            "it is for gs://bucket, not for gs://other",
            "somebody has uploaded since",
            "`a` is to be written no more",
            "`c` is to be written now, too",
            "`x` is to be deleted no more",
            "`y` is to be deleted now, too",
            "`z` is in the way now, too",
            "`b` was changed in the bucket since",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let content = file(&[("a", "1", None), ("b", "0", Some("5"))], &[("x", "8")]);
        assert_eq!(
            plan.differences(&content),
            ["`a` is another file by now", "`x` was changed in the bucket since"]
        );
    }

    #[test]
    fn a_diff_is_as_of_diff_u() {
        let text = unified("dags/x.py", "a\nb\nc\n", "a\nB\nc\n");
        assert_eq!(text, "--- a/dags/x.py\n+++ b/dags/x.py\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
    }
}
