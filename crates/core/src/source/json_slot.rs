//! One value of a JSON object -> the slot of its column, through serde_json, borrowing the text where it can.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The value of one column.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Slot<'a> {
    #[default]
    Missing,
    Null,
    Text(Cow<'a, str>),
    /// A number that a float may not hold exactly.
    Inexact,
    /// A list or an object.
    Nested,
    /// Named twice.
    Twice,
}

impl Slot<'_> {
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Missing | Self::Null)
    }
}

/// Tells whether a key of an object names a column.
pub(super) fn same(key: &str, name: &str) -> bool {
    key == name || key.trim().eq_ignore_ascii_case(name)
}

/// Reads one value; `verbatim` as it is typed.
#[derive(Default)]
pub(super) struct ValueSeed {
    pub(super) verbatim: bool,
}

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Slot<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.verbatim {
            return verbatim(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom);
        }
        deserializer.deserialize_any(self)
    }
}

/// A value as it is typed: a number with its own digits, a list or an object as its text.
fn verbatim(value: &str) -> serde_json::Result<Slot<'_>> {
    Ok(match value.as_bytes() {
        b"null" => Slot::Null,
        [b'"', inner @ .., b'"'] if memchr::memchr(b'\\', inner).is_none() => {
            Slot::Text(Cow::Borrowed(&value[1..value.len() - 1]))
        }
        [b'"', ..] => Slot::Text(Cow::Owned(serde_json::from_str(value)?)),
        _ => Slot::Text(Cow::Borrowed(value)),
    })
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Slot<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Slot::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Slot::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Slot::Text(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Slot::Text(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Slot::Inexact)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Slot::Text(Cow::Borrowed(if flag { "true" } else { "false" })))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Slot::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Slot::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Slot::Nested)
    }
}
