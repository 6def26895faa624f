//! Requests as plain values.

use super::form::Form;

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Delete,
}

/// A request to Stripe as a plain value: nothing of it is sent before a [`Stripe`](crate::Stripe) sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripeCall {
    pub(super) operation: &'static str,
    pub(super) verb: Verb,
    pub(super) path: Vec<String>,
    /// The query of a GET or DELETE, the body of a POST.
    pub(super) form: Form,
}

impl StripeCall {
    fn new<'a>(operation: &'static str, verb: Verb, path: impl IntoIterator<Item = &'a str>) -> Self {
        Self { operation, verb, path: path.into_iter().map(str::to_owned).collect(), form: Form::new() }
    }

    pub(super) fn get<'a>(operation: &'static str, path: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(operation, Verb::Get, path)
    }

    pub(super) fn post<'a>(operation: &'static str, path: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(operation, Verb::Post, path)
    }

    pub(super) fn delete<'a>(operation: &'static str, path: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(operation, Verb::Delete, path)
    }

    pub(super) fn with_form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// Adds a pair to the query or the body.
    pub(super) fn with(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.form = self.form.with(name, value);
        self
    }

    /// `GET`, `POST` or `DELETE`.
    pub const fn method(&self) -> &'static str {
        match self.verb {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Delete => "DELETE",
        }
    }

    /// The path, for example `/v1/products`.
    pub fn path(&self) -> String {
        format!("/v1/{}", self.path.join("/"))
    }

    /// The pairs of the query or of the body, decoded.
    pub fn pairs(&self) -> &[(String, String)] {
        self.form.pairs()
    }

    /// The body of a POST as it is sent; empty for the others.
    pub fn body(&self) -> String {
        if self.verb == Verb::Post { self.form.encode() } else { String::new() }
    }
}
