//! Joins an agent that specifies a product to the checks that its specification is worth something. It never sees the
//! code: its behaviours are sealed before anything is built.

mod prompt;
mod sense;

pub use self::{
    prompt::{Assignment, prompt},
    sense::sense,
};
