//! The hash of a state, the same whatever order its maps and lists have.
//!
//! A `HashSet` is written as a list, in an order that differs from one process to the next, and nothing in the JSON tells
//! it from a `Vec`. So the items of every list are sorted before the hash is taken. What that gives up: a reducer that
//! changed so that it only puts the same items into another order is not noticed. The order itself is not at risk, since
//! records are chained by the hash of their text.

use std::{cell::RefCell, io, rc::Rc};

use ae_core::{Digest, DigestWriter};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

/// Hashes the JSON form with the members of every object and list sorted.
pub(crate) fn of_state<S: Serialize>(state: &S) -> Result<Digest, serde_json::Error> {
    of_state_and_size(state).map(|(digest, _)| digest)
}

/// The same with the length of the JSON form in bytes.
pub(crate) fn of_state_and_size<S: Serialize>(state: &S) -> Result<(Digest, usize), serde_json::Error> {
    let text = Text(Rc::new(RefCell::new(Vec::with_capacity(256))));
    let sorted = Sorted { text: text.clone(), open: Vec::new() };
    state.serialize(&mut Serializer::with_formatter(text.clone(), sorted))?;
    let digest = DigestWriter::new("ae-langflow state 2").field(&text.0.borrow()).finish();
    Ok((digest, text.len()))
}

/// The bytes that were written so far.
#[derive(Clone)]
struct Text(Rc<RefCell<Vec<u8>>>);

/// Sorts the members of each object and list when it ends.
struct Sorted {
    text: Text,
    open: Vec<Members>,
}

/// An object or a list that has not ended: where its members begin and end.
struct Members {
    start: usize,
    members: Vec<(usize, usize)>,
}

impl Text {
    fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Sorts members that lie side by side from `start` on. Any order will do that depends on their bytes alone.
    fn sort(&self, Members { start, mut members }: Members) {
        let mut text = self.0.borrow_mut();
        let member = |&(from, to): &(usize, usize)| text.get(from..to).unwrap_or_default();
        if members.is_sorted_by_key(member) {
            return;
        }
        members.sort_unstable_by(|one, other| member(one).cmp(member(other)));
        let sorted = members.iter().map(member).collect::<Vec<_>>().concat();
        text.truncate(start);
        text.extend(sorted);
    }
}

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sorted {
    fn begin(&mut self) {
        self.open.push(Members { start: self.text.len(), members: Vec::new() });
    }

    fn begin_member(&mut self) {
        let at = self.text.len();
        if let Some(open) = self.open.last_mut() {
            open.members.push((at, at));
        }
    }

    fn end_member(&mut self) {
        let at = self.text.len();
        if let Some((_, end)) = self.open.last_mut().and_then(|open| open.members.last_mut()) {
            *end = at;
        }
    }

    fn end(&mut self) {
        if let Some(open) = self.open.pop() {
            self.text.sort(open);
        }
    }
}

impl Formatter for Sorted {
    fn begin_object<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b"{")?;
        self.begin();
        Ok(())
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        self.begin_member();
        Ok(())
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b",")?;
        self.end_member();
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.end();
        to.write_all(b"}")
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b"[")?;
        self.begin();
        Ok(())
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        self.begin_member();
        Ok(())
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b",")?;
        self.end_member();
        Ok(())
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.end();
        to.write_all(b"]")
    }

    /// As the same number looks that was read back from JSON, where there are only wide ones.
    fn write_f32<W: ?Sized + io::Write>(&mut self, to: &mut W, number: f32) -> io::Result<()> {
        let wide = number.to_string().parse().unwrap_or_else(|_| f64::from(number));
        CompactFormatter.write_f64(to, wide)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_order_of_a_map_does_not_count_and_its_content_does() {
        let there: HashMap<_, _> = (0..100).map(|n| (n.to_string(), n)).collect();
        let back: HashMap<_, _> = (0..100).rev().map(|n| (n.to_string(), n)).collect();
        assert_eq!(of_state(&there).unwrap(), of_state(&back).unwrap());
        let other: HashMap<_, _> = (0..100).map(|n| (n.to_string(), n + 1)).collect();
        assert_ne!(of_state(&there).unwrap(), of_state(&other).unwrap());
    }

    #[test]
    fn the_order_of_a_set_does_not_count_and_its_items_do() {
        let hash = |items: &[&str]| of_state(&items).unwrap();
        assert_eq!(hash(&["a", "b", "c"]), hash(&["c", "a", "b"]));
        for other in [&["a", "b"][..], &["a", "b", "b", "c"], &["a", "bc"], &["abc"], &[]] {
            assert_ne!(hash(&["a", "b", "c"]), hash(other), "{other:?}");
        }
        assert_ne!(of_state(&[[1, 2], [3, 4]]).unwrap(), of_state(&[[1, 3], [2, 4]]).unwrap());
    }

    #[test]
    fn a_state_and_its_json_have_one_hash() {
        #[derive(Serialize)]
        struct All {
            z: Vec<Option<char>>,
            a: HashMap<u32, Vec<HashMap<String, f32>>>,
            empty: HashMap<String, ()>,
            small: [f32; 6],
            wide: (f64, i64, u64),
        }
        let inner = |n: u32| (0..n).map(|m| (format!("k{m}\"\\"), 0.1)).collect();
        let all = All {
            z: vec![Some('"'), None, Some('ß')],
            a: (0..30).map(|n| (n, vec![inner(n), inner(3)])).collect(),
            empty: HashMap::new(),
            small: [0.1, 1e14, 1e20, f32::MIN_POSITIVE, f32::MAX, f32::NAN],
            wide: (0.1 + 0.2, i64::MIN, u64::MAX),
        };
        let text = serde_json::to_string(&all).unwrap();
        let back: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(of_state(&all).unwrap(), of_state(&back).unwrap());
    }
}
