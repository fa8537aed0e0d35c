//! A part of what is uploaded: what lies outside stays as it is, and whose it is.

use std::str::FromStr;

/// The object of the binary.
pub const BINARY: &str = "data/bin/pipeline";

/// Which parts an upload is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Only {
    /// DAGs and what lies beside them.
    pub dags: bool,
    /// Data.
    pub data: bool,
    /// The binary.
    pub binary: bool,
}

impl Default for Only {
    /// All of it.
    fn default() -> Self {
        Self { dags: true, data: true, binary: true }
    }
}

impl Only {
    /// Whether an object belongs to one of the parts.
    #[must_use]
    pub fn covers(self, name: &str) -> bool {
        match name {
            BINARY => self.binary,
            _ if name.starts_with("dags/") => self.dags,
            _ => self.data,
        }
    }
}

impl FromStr for Only {
    type Err = String;

    /// Reads parts with commas between them: `dags,binary`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut only = Self { dags: false, data: false, binary: false };
        for part in text.split(',') {
            match part.trim() {
                "dags" => only.dags = true,
                "data" => only.data = true,
                "binary" => only.binary = true,
                other => return Err(format!("`{other}` is none of dags, data, binary")),
            }
        }
        Ok(only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_object_belongs_to_one_part() {
        let only = |text: &str| text.parse::<Only>().unwrap();
        assert!(
            only("dags").covers("dags/x.py")
                && !only("dags").covers("data/x.csv")
                && !only("dags").covers(BINARY)
        );
        assert!(only("data").covers("data/x.csv") && !only("data").covers(BINARY));
        assert!(only("dags, binary").covers(BINARY) && only("dags, binary").covers("dags/x.py"));
        assert!(only("data,dags,binary") == Only::default());
        assert!("".parse::<Only>().is_err() && "dags,all".parse::<Only>().is_err());
    }
}
