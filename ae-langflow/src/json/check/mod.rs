//! A serializer that refuses, by name of the field, what would not come back.

mod parts;
mod values;

use std::fmt;

use serde::{Serialize, Serializer, ser};

use super::kinds::{self, Kinds};

/// How many lists and objects a value of the user may have inside each other.
///
/// serde_json reads 127 of them; the rest is for what the engine puts around a value: a change, a snapshot, a note, the
/// input of a workflow.
pub(super) const DEPTH_MAX: usize = 100;

/// How much of the way to a field a message shows.
const STEPS_SHOWN: usize = 12;

/// A value of the user inside a record, as opposed to the engine's own parts: its forms and its depth count from here.
pub(crate) struct Marked<'a, T: ?Sized>(pub(crate) &'a T);

/// The name of the newtype that a marked value is to serializers.
const MARK: &str = "$ae_langflow::value";

impl<T: Serialize + ?Sized> Serialize for Marked<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_newtype_struct(MARK, self.0)
    }
}

/// Writes to `inner` what can be read again.
pub(super) struct Check<'a, S> {
    inner: S,
    at: At<'a>,
}

/// The members of a list or an object.
pub(super) struct Inside<'a, C> {
    inner: C,
    at: At<'a>,
    index: usize,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct At<'a> {
    trail: &'a Trail<'a>,
    kinds: &'a Kinds,
    /// Its form so far.
    form: u64,
    depth: usize,
    /// It is what a `Some` holds.
    in_some: bool,
    /// It belongs to the user.
    marked: bool,
}

struct Trail<'a> {
    up: Option<&'a Trail<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    Root,
    Field(&'static str),
    Index(usize),
    Key(&'a dyn Fn() -> String),
}

struct Checked<'a, T: ?Sized> {
    value: &'a T,
    at: At<'a>,
}

impl<T: Serialize + ?Sized> Serialize for Checked<'_, T> {
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Check { inner, at: self.at })
    }
}

impl<'a, S: Serializer> Check<'a, S> {
    pub(super) fn new(inner: S, kinds: &'a Kinds) -> Self {
        Self { inner, at: At::new(kinds) }
    }

    /// Writes a value without parts. `kind` and `class` tell forms apart.
    fn leaf(
        self,
        kind: u64,
        class: u64,
        write: impl FnOnce(S) -> Result<S::Ok, S::Error>,
    ) -> Result<S::Ok, S::Error> {
        self.at.see(kind, class);
        write(self.inner).map_err(|error| self.at.refused(error))
    }

    fn integer(
        self,
        kind: u64,
        bits: u32,
        negative: bool,
        write: impl FnOnce(S) -> Result<S::Ok, S::Error>,
    ) -> Result<S::Ok, S::Error> {
        self.leaf(kind, u64::from(bits) << 1 | u64::from(negative), write)
    }

    fn null(self, kind: u64, write: impl FnOnce(S) -> Result<S::Ok, S::Error>) -> Result<S::Ok, S::Error> {
        if self.at.in_some {
            return Err(self.at.refused("is nothing inside a `Some`, which would come back as `None`"));
        }
        self.leaf(kind, 0, write)
    }

    fn float(
        self,
        kind: u64,
        is_finite: bool,
        write: impl FnOnce(S) -> Result<S::Ok, S::Error>,
    ) -> Result<S::Ok, S::Error> {
        if !is_finite {
            return Err(self
                .at
                .refused("is not a finite number, which JSON can't hold: leave it out, or write text"));
        }
        self.leaf(kind, 0, write)
    }

    /// Begins `levels` lists and objects around `len` parts.
    fn open<C>(
        self,
        kind: u64,
        len: Option<usize>,
        levels: usize,
        open: impl FnOnce(S) -> Result<C, S::Error>,
    ) -> Result<Inside<'a, C>, S::Error> {
        let mut at = self.at;
        at.form = at.see(kind, len.map_or(0, |len| len.min(8) as u64 + 1));
        at.depth += levels;
        at.in_some = false;
        if at.depth > DEPTH_MAX {
            let why = format!("is nested deeper than {DEPTH_MAX} lists and objects: keep it as text");
            return Err(at.refused(why));
        }
        let inner = open(self.inner).map_err(|error| at.refused(error))?;
        Ok(Inside { inner, at, index: 0 })
    }
}

impl<'a> At<'a> {
    fn new(kinds: &'a Kinds) -> Self {
        let trail = &Trail { up: None, step: Step::Root };
        Self { trail, kinds, form: 0, depth: 0, in_some: false, marked: false }
    }

    /// Takes up the form of the value here, and gives it back for those inside.
    fn see(&self, kind: u64, class: u64) -> u64 {
        if !self.marked {
            return 0;
        }
        let form = kinds::mix(self.form, kind << 32 | class);
        self.kinds.see(form, self.trail);
        form
    }

    /// A part of the value.
    fn part<'b>(self, trail: &'b Trail<'b>, name: u64) -> At<'b>
    where
        'a: 'b,
    {
        At { trail, form: kinds::mix(self.form, name), in_some: false, ..self }
    }

    fn refused<E: ser::Error>(&self, why: impl fmt::Display) -> E {
        E::custom(format_args!("{} {why}", self.trail))
    }
}

impl fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut steps = Vec::new();
        let mut next = Some(self);
        while let Some(trail) = next {
            match &trail.step {
                Step::Root => {}
                Step::Field(name) => steps.push(format!(".{name}")),
                Step::Index(index) => steps.push(format!("[{index}]")),
                Step::Key(key) => steps.push(format!("[{}]", key())),
            }
            next = trail.up;
        }
        steps.reverse();
        if steps.len() > STEPS_SHOWN {
            steps.truncate(STEPS_SHOWN);
            steps.push("…".to_owned());
        }
        match steps.concat().trim_start_matches('.') {
            "" => f.write_str("the value"),
            path => write!(f, "`{path}`"),
        }
    }
}
