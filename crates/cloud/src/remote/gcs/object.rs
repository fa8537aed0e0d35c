//! What storage says about an object.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// An object, or one version of it, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// Its name in the bucket.
    pub name: String,
    /// Bytes.
    #[serde(deserialize_with = "number")]
    pub size: u64,
    /// CRC32C of the content.
    #[serde(deserialize_with = "checksum")]
    pub crc32c: u32,
    /// Which write made it: a number that grows with each.
    #[serde(deserialize_with = "number")]
    pub generation: i64,
    /// What its writer noted on it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// When it was written, as RFC 3339.
    #[serde(default)]
    pub updated: String,
}

/// What a write may replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Nothing: there must be no such object.
    Nothing,
    /// This generation, and no other.
    Generation(i64),
    /// Whatever is there. Such a write is not repeated when it fails: nobody could tell what it replaces by then.
    Anything,
}

impl Over {
    /// The generation that was seen, if any was.
    #[must_use]
    pub fn seen(generation: Option<i64>) -> Self {
        generation.map_or(Self::Nothing, Self::Generation)
    }

    /// The value of `ifGenerationMatch`.
    pub(super) fn condition(self) -> Option<i64> {
        match self {
            Self::Nothing => Some(0),
            Self::Generation(generation) => Some(generation),
            Self::Anything => None,
        }
    }
}

/// JSON has 64-bit numbers as text.
pub(super) fn number<'de, D: Deserializer<'de>, T: std::str::FromStr>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is no number")))
}

/// Four bytes, the highest first, in base64.
fn checksum<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    use base64::Engine;
    let text = String::deserialize(deserializer)?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(&text).unwrap_or_default();
    let bytes: [u8; 4] =
        bytes.try_into().map_err(|_| serde::de::Error::custom(format!("`{text}` is no CRC32C")))?;
    Ok(u32::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_texts_and_checksums_are_base64() {
        let json =
            r#"{"name": "dags/a.py", "size": "9", "crc32c": "4waSgw==", "generation": "1700000000000001"}"#;
        let object: Object = serde_json::from_str(json).unwrap();
        assert_eq!((object.size, object.generation), (9, 1_700_000_000_000_001));
        assert_eq!(object.crc32c, crc32c::crc32c(b"123456789"));
        assert!(serde_json::from_str::<Object>(&json.replace("4waSgw==", "4wa")).is_err());
    }
}
