//! Texts and values put together: at the beginning a value may say where everything is; further on it must not climb.

use crate::error::{Error, Result};

/// A text with values in it.
#[derive(Default)]
pub(super) struct Joined {
    pub(super) text: String,
    /// The parameter whose value stands at the beginning and is empty.
    empty: Option<String>,
    /// The same, where a slash follows it: as a place the text would be at the root of the file system.
    pub(super) at_root: Option<String>,
}

impl Joined {
    pub(super) fn literal(&mut self, piece: &str) {
        self.at_root = self.at_root.take().or(self.empty.take().filter(|_| piece.starts_with(['/', '\\'])));
        self.text.push_str(piece);
    }

    /// `at_root` is that of the value itself.
    pub(super) fn value(&mut self, value: &str, name: &str, at_root: Option<&String>) -> Result<()> {
        let inside = !self.text.is_empty();
        if !inside {
            self.empty = value.is_empty().then(|| name.to_owned());
            self.at_root = at_root.cloned();
        }
        let part = self.text.rfind(['/', '\\']).map_or(0, |slash| slash + 1);
        self.text.push_str(value);
        if inside && self.text[part..].split(['/', '\\']).any(|part| part == "..") {
            return Err(Error::Input {
                message: format!(
                    "the value of the parameter `{name}` would leave its place: it has a part `..`"
                ),
                hint: "give it a value without `..`".into(),
            });
        }
        Ok(())
    }
}
