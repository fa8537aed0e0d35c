//! What one file of source defines, imports and names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A module's place: the name of its crate, then the names of the modules down to it.
pub(super) type ModulePath = Vec<String>;

/// One file of source, or a module in braces within one.
#[derive(Default)]
pub(super) struct File {
    pub(super) name: PathBuf,
    pub(super) module: ModulePath,
    pub(super) defined: BTreeSet<String>,
    pub(super) imports: Vec<Import>,
    /// Types to which it gives methods.
    pub(super) extended: Vec<Vec<String>>,
    pub(super) paths: Vec<Vec<String>>,
    pub(super) words: BTreeSet<String>,
}

/// One name of a `use`.
pub(super) struct Import {
    pub(super) name: String,
    pub(super) path: Vec<String>,
    pub(super) passed_on: bool,
}

/// Whether a file holds nothing but tests.
pub(super) fn is_test(inside: &Path) -> bool {
    inside.iter().any(|part| part == "tests" || part == "tests.rs")
}

/// `source/csv.rs` of the crate `a` is `a::source::csv`.
pub(super) fn module_path(krate: &str, inside: &Path) -> ModulePath {
    let mut module = vec![krate.to_owned()];
    module.extend(inside.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()));
    if matches!(module.last().unwrap().as_str(), "mod" | "lib" | "main") {
        module.pop();
    }
    module
}

impl File {
    /// Reads a file; a module in braces counts as a file of its own, of the same name.
    pub(super) fn parse(name: &Path, module: ModulePath, text: &str) -> Vec<Self> {
        let mut files = Vec::new();
        Self::read(name, module, &without_tests(&tokens(text)), &mut files);
        files
    }

    fn read(name: &Path, module: ModulePath, tokens: &[String], files: &mut Vec<Self>) {
        let mut inner = Vec::new();
        let mut file = Self { name: name.to_owned(), module, ..Self::default() };
        let mut depth = 0;
        let mut at = 0;
        while at < tokens.len() {
            let token = tokens[at].as_str();
            let before = at.checked_sub(1).map(|before| tokens[before].as_str());
            match token {
                "{" => depth += 1,
                "}" => depth -= 1,
                "use" => {
                    let passed_on = matches!(before, Some("pub" | ")"));
                    at += 1;
                    file.import(tokens, &mut at, &[], passed_on);
                    continue;
                }
                "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" if depth == 0 => {
                    let skipped = usize::from(tokens.get(at + 1).is_some_and(|next| next == "mut"));
                    if let Some(name) = tokens.get(at + 1 + skipped) {
                        file.defined.insert(name.clone());
                    }
                }
                "impl" => file.extended.extend(extended(&tokens[at + 1..])),
                "mod" if tokens.get(at + 2).is_some_and(|next| next == "{") => {
                    let module = file.module.iter().chain([&tokens[at + 1]]).cloned().collect();
                    let end = at + 3 + length(&tokens[at + 3..]);
                    Self::read(name, module, &tokens[at + 3..end], &mut inner);
                    at = end;
                }
                "macro_rules" => {
                    file.defined.insert(tokens[at + 2].clone());
                }
                _ if is_word(token) => {
                    let mut path = vec![token.to_owned()];
                    while tokens.get(at + 1).is_some_and(|next| next == "::")
                        && tokens.get(at + 2).is_some_and(|next| is_word(next))
                    {
                        path.push(tokens[at + 2].clone());
                        at += 2;
                    }
                    // A small name that is not called is a variable, or a field.
                    let small = path[0].starts_with(char::is_lowercase);
                    let called = tokens.get(at + 1).is_some_and(|next| next == "(") && before != Some(".");
                    if !small || (path.len() == 1 && called) {
                        file.words.insert(path[0].clone());
                    }
                    if path.len() > 1 {
                        file.paths.push(path);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        files.push(file);
        files.append(&mut inner);
    }

    /// Reads one tree of a `use`, and stops behind it.
    fn import(&mut self, tokens: &[String], at: &mut usize, before: &[String], passed_on: bool) {
        let mut path = before.to_vec();
        loop {
            match tokens[*at].as_str() {
                "{" => {
                    *at += 1;
                    while tokens[*at] != "}" {
                        self.import(tokens, at, &path, passed_on);
                        if tokens[*at] == "," {
                            *at += 1;
                        }
                    }
                    *at += 1;
                    return;
                }
                "*" => {
                    *at += 1;
                    self.imports.push(Import { name: "*".into(), path, passed_on });
                    return;
                }
                "::" => *at += 1,
                "as" => {
                    let name = tokens[*at + 1].clone();
                    *at += 2;
                    self.imports.push(Import { name, path, passed_on });
                    return;
                }
                word if is_word(word) => {
                    path.push(word.to_owned());
                    *at += 1;
                }
                _ => {
                    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                        path.pop();
                    }
                    let name = path.last().cloned().unwrap_or_default();
                    self.imports.push(Import { name, path, passed_on });
                    return;
                }
            }
        }
    }
}

/// How many tokens stand before the brace that closes what was opened before them.
fn length(tokens: &[String]) -> usize {
    let mut depth = 1;
    let ends = |token: &String| {
        depth += i32::from(token == "{") - i32::from(token == "}");
        depth == 0
    };
    tokens.iter().position(ends).expect("braces come in pairs")
}

/// The type of `impl<T> a::Type<T> {`; none where a trait is implemented.
fn extended(tokens: &[String]) -> Option<Vec<String>> {
    let open = tokens.iter().position(|token| token == "{")?;
    if tokens[..open].iter().any(|token| token == "for") {
        return None;
    }
    let mut depth = 0;
    let mut path = Vec::new();
    for token in &tokens[..open] {
        match token.as_str() {
            "<" => depth += 1,
            ">" => depth -= 1,
            word if depth == 0 && is_word(word) && word != "where" => path.push(word.to_owned()),
            "::" => {}
            _ if depth == 0 => break,
            _ => {}
        }
    }
    Some(path)
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The words and signs of a source text: no comments, no texts, no numbers.
fn tokens(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let word = |from: usize| {
        from + text[from..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len() - from)
    };
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if let Some(hashes) = raw_text(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let from = rest.find('"').unwrap() + 1;
            at += from + rest[from..].find(&end).unwrap() + end.len();
        } else if rest.starts_with('"') || rest.starts_with("b\"") {
            at += rest.find('"').unwrap() + 1;
            while bytes[at] != b'"' {
                at += 1 + usize::from(bytes[at] == b'\\');
            }
            at += 1;
        } else if rest.starts_with('\'') || rest.starts_with("b'") {
            at += character(rest);
        } else if rest.starts_with("::") {
            tokens.push("::".into());
            at += 2;
        } else if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            let end = word(at);
            if is_word(rest) {
                tokens.push(text[at..end].to_owned());
            }
            at = end;
        } else {
            let sign = rest.chars().next().unwrap();
            if !sign.is_whitespace() {
                tokens.push(sign.into());
            }
            at += sign.len_utf8();
        }
    }
    tokens
}

/// How many hashes a raw text begins with, if it is one.
fn raw_text(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = inside.bytes().take_while(|byte| *byte == b'#').count();
    inside[hashes..].starts_with('"').then_some(hashes)
}

/// The length of a character in quotes, or of the sign of a lifetime.
fn character(rest: &str) -> usize {
    let open = rest.find('\'').unwrap() + 1;
    let inside = &rest[open..];
    if inside.starts_with('\\') {
        return open + 2 + inside[2..].find('\'').unwrap() + 1;
    }
    let one = inside.chars().next().map_or(0, char::len_utf8);
    if inside[one..].starts_with('\'') { open + one + 1 } else { open }
}

/// The tokens but for those of items behind `#[cfg(test)]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].iter().take(mark.len()).eq(mark.iter()) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += mark.len();
        let mut depth = 0;
        loop {
            match tokens[at].as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            at += 1;
            let ended = matches!(tokens[at - 1].as_str(), "}" | ";");
            if depth == 0 && ended && tokens.get(at).is_none_or(|next| next != ";") {
                break;
            }
        }
    }
    kept
}
