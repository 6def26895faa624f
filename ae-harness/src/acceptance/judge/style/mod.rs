//! Style sheets: text counts as visible when none of their declarations can hide any.
//!
//! No selector is matched. A declaration that hides text, or that can't be judged, refuses the whole sheet, whatever it
//! selects.

mod read;
mod visible;

pub(super) use self::{
    read::{Part, Sheets},
    visible::problems,
};

#[cfg(test)]
mod tests;
