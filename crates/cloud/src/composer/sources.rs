//! What belongs into the bucket: the data, the binary, and the DAGs with their pipeline files.

use std::path::{Path, PathBuf};

use crate::composer::fetch::below;
use crate::composer::{binary, secrets};
use crate::error::{Error, Result};
use crate::remote::tree::{Found, LeftOut, Measure, head, measure, walk};

/// The object of the binary.
pub const BINARY: &str = "data/bin/pipeline";

/// A local file and the object that it belongs into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The object's name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// CRC32C of the content.
    pub crc32c: u32,
}

/// Everything that belongs into the bucket.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Sorted by name.
    pub files: Vec<Source>,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
    /// What may not work over there.
    pub warnings: Vec<String>,
}

impl Sources {
    /// Looks into the folders. Secrets among the files are refused, all of them named.
    pub fn find(data: &Path, dags: &Path, binary: &Path) -> Result<Self> {
        let mut sources = Self::default();
        let mut found = Vec::new();
        let both = [".gcloudignore", ".airflowignore"];
        for (folder, prefix, ignore, skip) in [
            (data, "data/", &both[..1], skip_in_data as fn(&str, bool) -> Option<String>),
            (dags, "dags/", &both[..], skip_in_dags as fn(&str, bool) -> Option<String>),
        ] {
            let tree = walk(folder, ignore, &skip)?;
            found.extend(
                tree.files.into_iter().map(|file| Found { name: format!("{prefix}{}", file.name), ..file }),
            );
            sources.left_out.extend(tree.left_out);
        }
        refuse_secrets(&found)?;
        found.retain(|file| match unfit(&file.name) {
            None => true,
            Some(reason) => {
                sources.left_out.push(LeftOut { path: file.path.clone(), reason });
                false
            }
        });
        sources.left_out.sort_by(|a, b| a.path.cmp(&b.path));
        sources.warnings.extend(binary::check(binary)?);
        sources.warnings.extend(missed_modules(&found, &sources.left_out)?);
        found.push(Found { name: BINARY.into(), path: binary.to_owned() });
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let measures = measure(&found)?;
        let with = |(Found { name, path }, Measure { size, crc32c })| Source { name, path, size, crc32c };
        sources.files = found.into_iter().zip(measures).map(with).collect();
        Ok(sources)
    }
}

/// Modules that `.airflowignore` leaves at home although a DAG imports them: Airflow means only that they are no DAGs.
fn missed_modules(found: &[Found], left_out: &[LeftOut]) -> Result<Vec<String>> {
    let ignored = left_out.iter().filter(|left| left.reason.ends_with(".airflowignore"));
    let modules: Vec<(&LeftOut, String)> =
        ignored.filter_map(|left| Some((left, left.path.file_stem()?.to_str()?.to_owned()))).collect();
    let mut missed = Vec::new();
    for file in found.iter().filter(|file| !modules.is_empty() && file.name.ends_with(".py")) {
        let text = String::from_utf8_lossy(&head(&file.path, 1 << 20)?).into_owned();
        let imports = |module: &str| {
            text.lines().map(str::trim_start).any(|line| {
                let named = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "));
                named.is_some_and(|named| named.split([' ', ',', '.']).next() == Some(module))
            })
        };
        missed.extend(modules.iter().filter(|(_, module)| imports(module)).map(|(left, module)| {
            format!(
                "`{}` imports `{module}`, but {} leaves out `{}`: it will be missing there",
                file.path.display(),
                left.reason,
                left.path.display()
            )
        }));
    }
    Ok(missed)
}

fn skip_in_data(name: &str, is_dir: bool) -> Option<String> {
    match name {
        "composer_bucket.json" => Some("says which bucket is meant; no source".into()),
        "output.json" | "run.json" | "rejects.jsonl" | "repairs.jsonl" => {
            Some("a result: the pipeline writes its own there".into())
        }
        "bin" => Some("the place of the binary".into()),
        ".pipeline" => Some("the place of the manifest".into()),
        _ => hidden(name, is_dir),
    }
}

fn skip_in_dags(name: &str, is_dir: bool) -> Option<String> {
    let file = name.rsplit('/').next().unwrap_or(name);
    match file {
        "__pycache__" | "tests" | "test" if is_dir => Some("tests and caches stay at home".into()),
        _ => hidden(name, is_dir),
    }
}

/// Folders only: a hidden file is looked at first, since it may be a secret.
fn hidden(name: &str, is_dir: bool) -> Option<String> {
    let file = name.rsplit('/').next().unwrap_or(name);
    (is_dir && file.starts_with('.')).then(|| "hidden".into())
}

/// Why a file stays at home, although it is no secret.
fn unfit(name: &str) -> Option<String> {
    let file = name.rsplit('/').next().unwrap_or(name);
    if below(name).is_none() || name.len() > 1000 {
        return Some("its name cannot be an object's that becomes a file again".into());
    }
    if name == "dags/.airflowignore" || (name.starts_with("dags/") && file == ".airflowignore") {
        return None; // Airflow reads it
    }
    if file.starts_with('.') {
        return Some("hidden".into());
    }
    if name.starts_with("dags/") {
        let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
        if !["py", "toml", "sql"].contains(&ending) {
            return Some("not a .py, .toml or .sql file".into());
        }
        if ending == "py"
            && (file.starts_with("test_") || file.ends_with("_test.py") || file == "conftest.py")
        {
            return Some("tests stay at home".into());
        }
    }
    None
}

fn refuse_secrets(files: &[Found]) -> Result<()> {
    let mut secrets = Vec::new();
    for file in files {
        let reason = match secrets::by_name(&file.name) {
            Some(reason) => Some(reason),
            None => secrets::by_content(&file.path)?,
        };
        secrets.extend(reason.map(|reason| format!("`{}` ({reason})", file.path.display())));
    }
    if secrets.is_empty() {
        return Ok(());
    }
    Err(Error::Input {
        message: format!("refused to upload: {}", secrets.join(", ")),
        hint:
            "move secrets out of these folders, or name them in a .gcloudignore there; nothing was uploaded"
                .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("dags")).unwrap();
        let mut elf = b"\x7fELF\x02\x01".to_vec();
        elf.resize(18, 0);
        elf.extend([62, 0]);
        std::fs::write(dir.path().join("binary"), elf).unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    }

    fn find(dir: &Path) -> Result<Sources> {
        Sources::find(&dir.join("data"), &dir.join("dags"), &dir.join("binary"))
    }

    #[test]
    fn what_belongs_there_and_what_does_not() {
        let dir = folders(&[
            ("data/drugs.csv", "a"),
            ("data/sub/x.json", "{}"),
            ("data/.output.json.lock", ""),
            ("data/composer_bucket.json", "{}"),
            ("data/bin/pipeline", "old"),
            ("data/.pipeline/manifest.json", "{}"),
            ("dags/drugs.py", ""),
            ("dags/drugs.toml", ""),
            ("dags/trades/a.sql", ""),
            ("dags/README.md", ""),
            ("dags/.airflowignore", "old/\n"),
            ("dags/old/x.py", ""),
            ("dags/__pycache__/drugs.pyc", ""),
            ("dags/tests/test_x.py", ""),
            ("dags/test_drugs.py", ""),
        ]);
        let sources = find(dir.path()).unwrap();
        let names: Vec<&str> = sources.files.iter().map(|file| file.name.as_str()).collect();
        let expected = [
            "dags/.airflowignore",
            "dags/drugs.py",
            "dags/drugs.toml",
            "dags/trades/a.sql",
            "data/bin/pipeline",
            "data/drugs.csv",
            "data/sub/x.json",
        ];
        assert_eq!(names, expected);
        assert_eq!(sources.left_out.len(), 9, "{:#?}", sources.left_out);
    }

    #[test]
    fn all_secrets_are_named_and_nothing_is_taken() {
        let dir = folders(&[
            ("data/.env", "X=1"),
            ("data/a.json", r#"{"type": "service_account", "private_key": "secret"}"#),
            ("dags/k.pem", ""),
        ]);
        let error = find(dir.path()).unwrap_err().to_string();
        for name in [".env", "a.json", "k.pem"] {
            assert!(error.contains(name), "{error}");
        }
        assert!(!error.contains("secret\""), "{error}");
        std::fs::write(dir.path().join("data/.gcloudignore"), ".env\na.json\n").unwrap();
        std::fs::write(dir.path().join("dags/.gcloudignore"), "*.pem\n").unwrap();
        find(dir.path()).unwrap();
    }
}
