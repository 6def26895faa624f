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
mod tests;
