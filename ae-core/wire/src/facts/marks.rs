//! Signs in the depth of a request: caches, files, addresses, media.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{CallFacts, WireError};
use crate::Api;

/// A key that can be a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Ttl,
    Source,
    Type,
    Url,
    ImageUrl,
    File,
    InlineData,
    FileData,
    Other,
}

impl Key {
    fn of(text: &str) -> Self {
        match text {
            "ttl" => Self::Ttl,
            "source" => Self::Source,
            "type" => Self::Type,
            "url" => Self::Url,
            "image_url" => Self::ImageUrl,
            "file_id" | "file_url" => Self::File,
            "inlineData" | "inline_data" => Self::InlineData,
            "fileData" | "file_data" => Self::FileData,
            _ => Self::Other,
        }
    }
}

impl CallFacts {
    /// Adds the signs in a part of the request.
    pub(super) fn mark(&mut self, part: Option<&RawValue>) -> Result<(), WireError> {
        let Some(part) = part else { return Ok(()) };
        let api = self.api;
        let seen = Seen { facts: self, key: Key::Other, parent: Key::Other };
        // The seed's errors are those of the parser: the part is JSON, so it is nested too deeply.
        seen.deserialize(&mut serde_json::Deserializer::from_str(part.get()))
            .map_err(|error| WireError::json(api, &error))
    }
}

/// A value at a key of an object that stands at `parent`.
struct Seen<'f> {
    facts: &'f mut CallFacts,
    key: Key,
    parent: Key,
}

impl Seen<'_> {
    fn text(&mut self, text: &str) {
        let web = || text.starts_with("http:") || text.starts_with("https:");
        match (self.facts.api, self.key) {
            // A time that is not known counts as the dear one.
            (Api::AnthropicMessages, Key::Ttl) => self.facts.cache_write_1h |= text != "5m",
            (Api::AnthropicMessages, Key::Type) if self.parent == Key::Source => {
                self.facts.media += 1;
                self.facts.input_elsewhere |= matches!(text, "url" | "file");
            }
            (Api::OpenAiResponses | Api::OpenAiChat, Key::Type) => {
                let media =
                    matches!(text, "input_image" | "input_file" | "input_audio" | "image_url" | "file");
                self.facts.media += u64::from(media);
            }
            (Api::OpenAiResponses | Api::OpenAiChat, Key::File) => self.facts.input_elsewhere = true,
            (Api::OpenAiResponses, Key::ImageUrl) => self.facts.input_elsewhere |= web(),
            (Api::OpenAiChat, Key::Url) if self.parent == Key::ImageUrl => {
                self.facts.input_elsewhere |= web();
            }
            _ => {}
        }
    }

    fn object(&mut self) {
        if self.facts.api == Api::Gemini {
            self.facts.media += u64::from(matches!(self.key, Key::InlineData | Key::FileData));
            self.facts.input_elsewhere |= self.key == Key::FileData;
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seen<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seen<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.object();
        while let Some(key) = map.next_key_seed(KeyOf)? {
            map.next_value_seed(Seen { facts: &mut *self.facts, key, parent: self.key })?;
        }
        Ok(())
    }

    // The elements of a list stand where the list does.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq
            .next_element_seed(Seen { facts: &mut *self.facts, key: self.key, parent: self.parent })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        self.text(text);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

struct KeyOf;

impl<'de> DeserializeSeed<'de> for KeyOf {
    type Value = Key;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyOf {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, text: &str) -> Result<Key, E> {
        Ok(Key::of(text))
    }
}

/// Whether JSON has anything in it: not absent, `null` or empty.
pub(super) fn is_filled(part: Option<&RawValue>) -> bool {
    part.is_some_and(|part| !matches!(part.get(), "[]" | "{}" | "\"\"" | "false"))
}
