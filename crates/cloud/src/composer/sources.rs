//! What belongs into the bucket: the data, the binary, and the DAGs with their pipeline files.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::composer::fetch::below;
use crate::composer::only::{BINARY, Only};
use crate::composer::{binary, imports, secrets};
use crate::error::{Error, Result};
use crate::remote::tree::{Found, LeftOut, Measure, measure, walk};

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
    /// The parts that these are.
    pub only: Only,
    /// What was left out, and why; by the names that the objects would have.
    pub left_out: Vec<LeftOut>,
    /// What may not work over there.
    pub warnings: Vec<String>,
    /// Modules that a DAG imports and that are left out.
    pub missed: Vec<String>,
}

impl Sources {
    /// Looks into the folders. Secrets among the files are refused, all of them named.
    pub fn find(data: &Path, dags: &Path, binary: &Path, only: Only) -> Result<Self> {
        let mut sources = Self { only, ..Self::default() };
        let mut found = Vec::new();
        let both = [".gcloudignore", ".airflowignore"];
        for (wanted, folder, prefix, ignore, skip) in [
            (only.data, data, "data/", &both[..1], skip_in_data as fn(&str, bool) -> Option<String>),
            (only.dags, dags, "dags/", &both[..], skip_in_dags as fn(&str, bool) -> Option<String>),
        ] {
            if !wanted {
                continue;
            }
            let tree = walk(folder, ignore, &skip)?;
            found.extend(
                tree.files.into_iter().map(|file| Found { name: format!("{prefix}{}", file.name), ..file }),
            );
            let named = |left: LeftOut| LeftOut { name: format!("{prefix}{}", left.name), ..left };
            sources.left_out.extend(tree.left_out.into_iter().map(named));
        }
        refuse_secrets(&found)?;
        found.retain(|file| match unfit(&file.name) {
            None => true,
            Some(reason) => {
                let (path, name) = (file.path.clone(), file.name.clone());
                sources.left_out.push(LeftOut { path, name, reason, is_link: false });
                false
            }
        });
        sources.left_out.sort_by(|a, b| a.path.cmp(&b.path));
        if only.binary {
            sources.warnings.extend(binary::check(binary)?);
            found.push(Found { name: BINARY.into(), path: binary.to_owned() });
        }
        sources.missed = imports::missed(&found, &sources.left_out)?;
        found.sort_by(|a, b| a.name.cmp(&b.name));
        let measures = measure(&found)?;
        let with = |(Found { name, path }, Measure { size, crc32c })| Source { name, path, size, crc32c };
        sources.files = found.into_iter().zip(measures).map(with).collect();
        Ok(sources)
    }
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
        if !["py", "toml", "sql", "json", "yaml", "yml", "txt"].contains(&ending) {
            return Some("not a .py, .toml, .sql, .json, .yaml or .txt file".into());
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
    let told = |file: &Found| -> Result<Vec<String>> {
        let path = file.path.display();
        if let Some(what) = secrets::by_name(&file.name) {
            return Ok(vec![format!("`{path}` ({what})")]);
        }
        let findings = secrets::by_content(&file.path)?;
        Ok(findings.iter().map(|finding| format!("`{path}:{}` ({})", finding.line, finding.what)).collect())
    };
    let secrets: Vec<Vec<String>> = files.par_iter().map(told).collect::<Result<_>>()?;
    let secrets = secrets.concat();
    if secrets.is_empty() {
        return Ok(());
    }
    Err(Error::Input {
        message: format!("refused to upload: {}", secrets.join(", ")),
        hint:
            "move secrets out of these folders, or name the files in a .gcloudignore there; nothing was uploaded"
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
        Sources::find(&dir.join("data"), &dir.join("dags"), &dir.join("binary"), Only::default())
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
            ("dags/trades/mapping.json", "{}"),
            ("dags/settings.yaml", ""),
            ("dags/requirements.txt", ""),
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
            "dags/requirements.txt",
            "dags/settings.yaml",
            "dags/trades/a.sql",
            "dags/trades/mapping.json",
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
            ("data/a.json", "{\n\"type\": \"service_account\",\n\"private_key\": \"secret\"}"),
            ("dags/k.pem", ""),
        ]);
        let error = find(dir.path()).unwrap_err().to_string();
        for name in [".env", "a.json:3", "k.pem"] {
            assert!(error.contains(name), "{error}");
        }
        assert!(!error.contains("secret\""), "{error}");
        std::fs::write(dir.path().join("data/.gcloudignore"), ".env\na.json\n").unwrap();
        std::fs::write(dir.path().join("dags/.gcloudignore"), "*.pem\n").unwrap();
        find(dir.path()).unwrap();
    }
}
