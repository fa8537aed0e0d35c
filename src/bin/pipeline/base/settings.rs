//! Parameters of a pipeline, as they are typed.

#[cfg(feature = "tables")]
use std::collections::BTreeMap;
use std::str::FromStr;

/// `KEY=VALUE`
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) key: String,
    #[cfg_attr(
        not(feature = "tables"),
        expect(dead_code, reason = "only pipelines of tables have parameters")
    )]
    value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok(Self { key: key.trim().to_owned(), value: value.to_owned() })
            }
            _ => Err("it must be KEY=VALUE".into()),
        }
    }
}

/// The parameters that were set; the last word on each counts.
#[cfg(feature = "tables")]
pub(crate) fn settings(set: &[Setting]) -> BTreeMap<String, String> {
    set.iter().map(|setting| (setting.key.clone(), setting.value.clone())).collect()
}
