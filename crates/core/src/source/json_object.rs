//! One JSON object -> one slot a column.

use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};

use crate::source::block::Columns;
use crate::source::json_slot::{Slot, ValueSeed, same};
use crate::source::layout::Shape;
use crate::source::studies;

/// Reads an object of any form, each column into its slot.
pub(super) fn parse<'a>(shape: &Shape, raw: &'a [u8]) -> serde_json::Result<Columns<Slot<'a>>> {
    if shape.studies
        && let Some(slots) = studies::parse(shape, raw)?
    {
        return Ok(slots);
    }
    let mut slots = Columns::new(shape.columns.len());
    let mut parser = serde_json::Deserializer::from_slice(raw);
    ObjectSeed { shape, slots: slots.get_mut() }.deserialize(&mut parser)?;
    parser.end()?;
    Ok(slots)
}

struct ObjectSeed<'s, 'de> {
    shape: &'s Shape,
    slots: &'s mut [Slot<'de>],
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(column) = map.next_key_seed(KeySeed(self.shape))? {
            match column {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(column) => {
                    let value = map.next_value_seed(ValueSeed { verbatim: self.shape.verbatim })?;
                    let slot = &mut self.slots[column];
                    *slot = if *slot == Slot::Missing { value } else { Slot::Twice };
                }
            }
        }
        Ok(())
    }
}

/// Finds the column that a key names.
struct KeySeed<'s>(&'s Shape);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.columns.iter().position(|(_, name)| same(key, name)))
    }
}
