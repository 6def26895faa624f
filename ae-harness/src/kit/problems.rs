//! A list of defects, so that all of them are reported at once.

use std::fmt::Display;

use serde_json::{Map, Value};

use crate::text::shown;

/// The most defects that are kept.
const MOST: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<String>,
    more: usize,
}

impl Problems {
    /// Adds a defect in `place`, which is a file or a part of one.
    pub(super) fn add(&mut self, place: impl Display, what: impl Display) {
        if self.list.len() < MOST {
            // Both parts may hold text of the kit.
            self.list.push(shown(&format!("{place}: {what}"), 400));
        } else {
            self.more += 1;
        }
    }

    /// Adds each field of `object` that is not one of `known`.
    pub(super) fn unknown(&mut self, place: impl Display, object: &Map<String, Value>, known: &[&str]) {
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            self.add(&place, format_args!("has the unknown field {name:?}: remove it, or correct its name"));
        }
    }

    pub(super) fn into_list(mut self) -> Vec<String> {
        if self.more > 0 {
            self.list.push(format!("and {} more", self.more));
        }
        self.list
    }
}
