//! Style rules, as far as the checks need them, and which elements they hide.
//!
//! What the checks can't judge counts as hiding: a page proves something only by text that surely is to be seen.

mod fetches;
mod hiding;
mod known;
mod names;
mod paint;
mod parse;
mod screen;
mod selector;
mod value;

pub(super) use self::{
    fetches::addresses,
    hiding::{Hiding, Judge},
    paint::rgb,
    parse::{Rule, Sheet},
    value::Part,
};

#[cfg(test)]
mod tests;
