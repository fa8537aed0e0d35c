//! Objects brought home: checked, resumed where a former call was cut off, and never outside the folder.

use std::path::{Path, PathBuf};

use crate::composer::parallel::in_parallel;
use crate::error::{Error, Result, Setting};
use crate::remote::gcs::{Bucket, Object, OnBytes};
use crate::store::{link_on_the_way, make_folder_for};

/// An object, and the file that it becomes.
#[derive(Debug, Clone)]
pub struct Download {
    /// The object as it was seen.
    pub object: Object,
    /// The file.
    pub to: PathBuf,
}

/// Looks at one object.
pub async fn find_one(bucket: &Bucket, name: &str, to: &Path) -> Result<Option<Download>> {
    Ok(bucket.stat(name).await?.map(|object| Download { object, to: to.to_owned() }))
}

/// Looks at all the objects below a prefix, which ends with a slash; their files keep their names below `folder`.
///
/// # Errors
///
/// [`Error::Input`] when a name would lead out of the folder, or two of them cannot be files side by side.
pub async fn find_all(bucket: &Bucket, prefix: &str, folder: &Path) -> Result<Vec<Download>> {
    let objects = bucket.list_prefix(prefix).await?;
    let mut downloads = Vec::new();
    for object in objects {
        let name = &object.name[prefix.len()..];
        if name.is_empty() || (name.ends_with('/') && object.size == 0) {
            continue; // what stands for a folder in consoles
        }
        let Some(path) = below(name) else {
            return Err(Error::Input {
                message: format!(
                    "refused to fetch {:?}: the name would lead out of `{}`",
                    object.name,
                    folder.display()
                ),
                hint: "nothing was written; rename or remove the object, or fetch the others one by one"
                    .into(),
            });
        };
        if let Some(link) = link_on_the_way(folder, &path) {
            return Err(Error::Input {
                message: format!(
                    "refused to fetch `{}`: `{}` is a link to somewhere else",
                    object.name,
                    link.display()
                ),
                hint: format!("nothing was written; fetch into another folder with {}", Setting::To),
            });
        }
        downloads.push(Download { to: folder.join(path), object });
    }
    // Sorted by path, so that a file and what would have to lie in it stand next to each other.
    downloads.sort_by(|a, b| a.to.cmp(&b.to));
    for pair in downloads.windows(2) {
        if pair[1].to.starts_with(&pair[0].to) {
            return Err(Error::Input {
                message: format!(
                    "cannot fetch `{}` and `{}` into one folder",
                    pair[0].object.name, pair[1].object.name
                ),
                hint: "one would have to be a file and a folder; nothing was written; fetch them one by one"
                    .into(),
            });
        }
    }
    Ok(downloads)
}

/// A name as a path below a folder, if it is one on every system.
pub(crate) fn below(name: &str) -> Option<PathBuf> {
    let fine = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && !part.contains(['\\', ':'])
            && !part.chars().any(char::is_control)
    };
    name.split('/').all(fine).then(|| name.split('/').collect())
}

/// Fetches objects, each whole or not at all, in their order when `parallel` is 1.
pub async fn fetch(
    bucket: &Bucket,
    downloads: &[Download],
    parallel: usize,
    on_bytes: &OnBytes,
) -> Result<()> {
    for download in downloads {
        make_folder_for(&download.to)?;
    }
    in_parallel(downloads.iter().cloned(), parallel, |Download { object, to }| {
        let (bucket, on_bytes) = (bucket.clone(), on_bytes.clone());
        async move { bucket.fetch(&object, &to, &on_bytes).await }
    })
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_of_the_folder_are_told() {
        for name in
            ["../../x", "a/../x", "/etc/x", "C:/x", r"a\..\b", "a//b", ".", "..", "", "a/", "a/./b", "a\nb"]
        {
            assert_eq!(below(name), None, "{name:?}");
        }
        for name in ["x", "a/b.json", "..x", "a...b", "é/ü", ".hidden"] {
            assert_eq!(below(name), Some(PathBuf::from(name)), "{name:?}");
        }
    }
}
