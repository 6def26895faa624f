//! The forms of values that were written before.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// The forms that came back as they were, in this process. A form is a place in a type, the kind of value there, and its
/// length in bits or items: whatever a reader that is not fooled by one value is fooled by in another, for example an untagged
/// enum of a `u8` and a `u32`.
static KNOWN: RwLock<Option<Arc<BTreeSet<u64>>>> = RwLock::new(None);

/// More forms than any program has; they are collected again after that.
const KNOWN_MAX: usize = 1 << 16;

/// The forms in one value.
pub(super) struct Kinds {
    known: Option<Arc<BTreeSet<u64>>>,
    new: RefCell<Vec<u64>>,
    last: Cell<u64>,
    sum: Cell<u64>,
    /// Each form with its place, when that is asked for.
    trace: Option<RefCell<Vec<(u64, String)>>>,
}

impl Default for Kinds {
    fn default() -> Self {
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner).clone();
        Self { known, new: RefCell::default(), last: Cell::new(0), sum: Cell::new(0), trace: None }
    }
}

impl Kinds {
    /// Forms with their places.
    pub(super) fn traced() -> Self {
        Self { trace: Some(RefCell::default()), ..Self::default() }
    }

    /// Takes up the form at a place.
    pub(super) fn see(&self, form: u64, place: &dyn fmt::Display) {
        self.sum.set(self.sum.get().wrapping_add(scrambled(form)));
        if let Some(trace) = &self.trace {
            trace.borrow_mut().push((form, place.to_string()));
        }
        // The items of a list have one form, mostly.
        if self.last.replace(form) == form {
            return;
        }
        if !self.known.as_ref().is_some_and(|known| known.contains(&form)) {
            self.new.borrow_mut().push(form);
        }
    }

    /// All forms, whatever order they came in.
    pub(super) fn sum(&self) -> u64 {
        self.sum.get()
    }

    pub(super) fn has_new(&self) -> bool {
        !self.new.borrow().is_empty()
    }

    /// Makes its forms known to all.
    pub(super) fn learn(self) {
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        let forms = Arc::make_mut(known.get_or_insert_default());
        if forms.len() > KNOWN_MAX {
            forms.clear();
        }
        forms.extend(self.new.into_inner());
    }

    /// The first place whose form is not among those of `other`.
    pub(super) fn first_missing_in(&self, other: &Self) -> String {
        let traced =
            |kinds: &Self| kinds.trace.as_ref().map(|trace| trace.borrow().clone()).unwrap_or_default();
        let there: BTreeSet<u64> = traced(other).into_iter().map(|(form, _)| form).collect();
        traced(self)
            .into_iter()
            .find(|(form, _)| !there.contains(form))
            .map(|(_, place)| place)
            .unwrap_or_default()
    }
}

/// A form that goes on from another one.
pub(super) fn mix(form: u64, with: u64) -> u64 {
    (form.rotate_left(5) ^ with).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A form for a sum. Forms that differ in their last part alone differ by a number that is nearly the same everywhere, so
/// that two such differences would cancel out. The rounds are those of SplitMix64 (Steele, Lea and Flood, 2014).
fn scrambled(form: u64) -> u64 {
    let form = (form ^ (form >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let form = (form ^ (form >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    form ^ (form >> 31)
}

/// The part of a form that a name stands for: its address, since it is a constant of the program.
pub(super) fn name(name: &'static str) -> u64 {
    mix(name.as_ptr().addr() as u64, name.len() as u64)
}
