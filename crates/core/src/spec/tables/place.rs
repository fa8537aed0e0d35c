//! Where tables are written: no two at the same place, none within another.

use crate::error::{Error, Result, Setting};
use crate::spec::tables::{Resolved, TablesSpec};

/// What a run writes beside its tables, within `{out}`.
pub(crate) const RESERVED_PLACES: [&str; 4] = ["rejects", "run.json", "runs", "repairs.jsonl"];

impl TablesSpec {
    /// Every task and where it writes, the fallback's among them; those that need a day are left out if there is none.
    pub fn places(&self, resolved: &Resolved) -> Result<Vec<(&str, String)>> {
        let mut places = Vec::new();
        for task in self.all_tasks() {
            let needs_day = |name: &&str| !resolved.values.contains_key(*name);
            if super::names(&task.write.to.text).iter().any(needs_day) {
                continue;
            }
            places.push((task.name.as_str(), resolved.text(&task.write.to)?));
        }
        Ok(places)
    }

    /// Fails if two tasks would write to the same or to nested places, or a task where the run's own files are.
    pub(super) fn check_places(&self, resolved: &Resolved) -> Result<()> {
        let refuse = |message: String| {
            Err(Error::Input {
                message,
                hint: format!("give each task a place of its own: see {}, and `write`", Setting::Params),
            })
        };
        let places = self.places(resolved)?;
        for (i, (task, place)) in places.iter().enumerate() {
            if place.trim_matches('/').is_empty() {
                return refuse(format!("the task `{task}` has no place to write to: `{place}`"));
            }
            if let Some((other, _)) = places[..i].iter().find(|(_, other)| nested(place, other)) {
                return refuse(format!(
                    "the tasks `{other}` and `{task}` would write to one place: `{place}`"
                ));
            }
            let out = resolved.get("out").unwrap_or_default();
            let own = RESERVED_PLACES.iter().find(|own| nested(place, &format!("{out}/{own}")));
            if let Some(own) = own {
                return refuse(format!(
                    "the task `{task}` would write to `{place}`, where the run's own `{own}` is"
                ));
            }
        }
        Ok(())
    }
}

/// Tells whether two places are the same, or one lies within the other.
pub(crate) fn nested(one: &str, other: &str) -> bool {
    fn parts(place: &str) -> Vec<&str> {
        let absolute = place.starts_with('/').then_some("/");
        absolute.into_iter().chain(place.split('/').filter(|part| !["", "."].contains(part))).collect()
    }
    let (one, other) = (parts(one), parts(other));
    one.starts_with(&other) || other.starts_with(&one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_compared_part_by_part() {
        for (one, other, expect) in [
            ("a/b", "a/b", true),
            ("a/b/", "./a//b", true),
            ("a", "a/b", true),
            ("a/b", "a", true),
            ("a/b", "a/bc", false),
            ("/a", "a", false),
            ("s3://x/a", "s3://x/a/b", true),
            ("s3://x/a", "gs://x/a", false),
            ("{out}/x.csv", "{out}/x.json", false),
        ] {
            assert_eq!(nested(one, other), expect, "{one} {other}");
        }
    }
}
