//! Modules that a DAG imports and that are left out of an upload, whatever the reason.
//!
//! Lines are looked at, not the language: it serves where no Python is there to tell more.

use crate::error::Result;
use crate::remote::tree::{Found, LeftOut, head};

/// What will be missing, in words; `found` and `left_out` have the names of objects.
pub(super) fn missed(found: &[Found], left_out: &[LeftOut]) -> Result<Vec<String>> {
    let modules: Vec<(&LeftOut, String)> =
        left_out.iter().filter_map(|left| Some((left, module(left)?))).collect();
    let mut missed = Vec::new();
    for file in found.iter().filter(|file| !modules.is_empty() && file.name.ends_with(".py")) {
        let Some(name) = file.name.strip_prefix("dags/") else { continue };
        let package: Vec<&str> =
            name.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect();
        let text = String::from_utf8_lossy(&head(&file.path, 1 << 20)?).into_owned();
        let imported: Vec<String> = text.lines().flat_map(|line| imports(line, &package)).collect();
        for (left, module) in &modules {
            let inside = format!("{module}.");
            if imported.iter().any(|name| name == module || name.starts_with(&inside)) {
                missed.push(format!(
                    "`{}` imports `{module}`, but `{}` is left out ({}): it will be missing there",
                    file.path.display(),
                    left.path.display(),
                    left.reason
                ));
            }
        }
    }
    Ok(missed)
}

/// The name that Python has for what is left out, if it may be a module.
fn module(left: &LeftOut) -> Option<String> {
    let name = left.name.strip_prefix("dags/")?;
    let name = name.strip_suffix("/__init__.py").or_else(|| name.strip_suffix(".py")).unwrap_or(name);
    let is_word = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_') && !part.starts_with("__")
    };
    name.split('/').all(is_word).then(|| name.replace('/', "."))
}

/// The modules that a line may import, in full; `package` is where its file lies.
fn imports(line: &str, package: &[&str]) -> Vec<String> {
    let line = line.trim_start().split('#').next().unwrap_or_default();
    let first = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
    if let Some(names) = line.strip_prefix("import ") {
        return names.split(',').map(first).collect();
    }
    let Some((from, names)) = line.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) else {
        return Vec::new();
    };
    let from = from.trim();
    let dots = from.len() - from.trim_start_matches('.').len();
    let mut base: Vec<&str> = match dots {
        0 => Vec::new(),
        up => package[..package.len().saturating_sub(up - 1)].to_vec(),
    };
    base.extend(from[dots..].split('.').filter(|part| !part.is_empty()));
    let base = base.join(".");
    let names = names.trim().trim_start_matches('(').trim_end_matches([')', '\\']);
    let each = names.split(',').map(first).filter(|name| !name.is_empty());
    let mut all: Vec<String> =
        each.map(|name| if base.is_empty() { name } else { format!("{base}.{name}") }).collect();
    all.push(base);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_import_is_known() {
        let check = |line: &str, module: &str| {
            assert!(imports(line, &["pkg", "sub"]).contains(&module.to_owned()), "{line}: {module}");
        };
        check("import a", "a");
        check("    import a.b as c, d  # why", "a.b");
        check("import a.b as c, d", "d");
        check("from a.b import c", "a.b");
        check("from a.b import c as d, e", "a.b.e");
        check("from a import (b,", "a.b");
        check("from . import x", "pkg.sub.x");
        check("from .x import y", "pkg.sub.x");
        check("from ..x import y", "pkg.x");
        assert!(imports("important = 1", &[]).is_empty());
        assert!(imports("# import a", &[]).is_empty());
    }
}
