//! Joins the analyst's port to the router: a product manager, an architect and a project manager, each a call of a model.
//!
//! The models give words in a typed form. What follows from rules (scores, proofs, criteria, arithmetic, what is delivered)
//! is added by `ae-genesis`, which refuses whatever nothing backs; a refused answer goes back to its model with the exact
//! problems. Posts are data in every prompt, and the price is asked for in a call that sees none of them.

mod forms;
mod kept;
mod model;
mod prompts;
mod roles;
mod spec;

pub use self::{
    forms::{DesignForm, NichesForm, PriceForm, ProductForm, TasksForm},
    model::{ModelAnalyst, ending},
};
