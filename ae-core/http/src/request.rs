//! A request, before it is sent.

use std::fmt;

use ae_core::{BackendError, ErrorKind, Secret};
use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde::Serialize;

/// A request to one operation of a service. It can be sent again.
#[derive(Clone)]
pub struct Request {
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) body_bytes_max: Option<usize>,
}

impl Request {
    fn new<S: Into<String>>(
        method: Method,
        operation: &'static str,
        path: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            operation,
            method,
            segments: path.into_iter().map(Into::into).collect(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            body_bytes_max: None,
        }
    }

    /// Reads. `operation` is named in errors; the segments of `path` follow the base address, each encoded as a whole.
    pub fn get<S: Into<String>>(operation: &'static str, path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::GET, operation, path)
    }

    /// Creates or acts.
    pub fn post<S: Into<String>>(operation: &'static str, path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::POST, operation, path)
    }

    /// Replaces.
    pub fn put<S: Into<String>>(operation: &'static str, path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::PUT, operation, path)
    }

    /// Changes in part.
    pub fn patch<S: Into<String>>(operation: &'static str, path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::PATCH, operation, path)
    }

    /// Removes.
    pub fn delete<S: Into<String>>(operation: &'static str, path: impl IntoIterator<Item = S>) -> Self {
        Self::new(Method::DELETE, operation, path)
    }

    /// Adds a pair to the query.
    #[must_use]
    pub fn with_query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Adds a header.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the value can't stand in a header.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Result<Self, BackendError> {
        let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
            return Err(
                self.invalid(format!("the value of the header {name} has characters that it can't hold"))
            );
        };
        value.set_sensitive(true);
        self.headers.push((name, value));
        Ok(self)
    }

    /// Adds `Authorization: Bearer …`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the token can't stand in a header.
    pub fn with_bearer(self, token: &Secret<String>) -> Result<Self, BackendError> {
        self.with_header("authorization", &format!("Bearer {}", token.expose()))
    }

    /// Sets the body.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when `content_type` can't stand in a header.
    pub fn with_body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Result<Self, BackendError> {
        self = self.with_header(CONTENT_TYPE.as_str(), content_type)?;
        self.body = Some(body.into());
        Ok(self)
    }

    /// Sets a JSON body.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when `value` can't be written as JSON.
    pub fn with_json(self, value: &impl Serialize) -> Result<Self, BackendError> {
        match serde_json::to_vec(value) {
            Ok(body) => self.with_body("application/json", body),
            Err(error) => {
                Err(self.invalid("the body can't be written as JSON".to_owned()).with_source(error))
            }
        }
    }

    /// Whether the request changes nothing at the service.
    pub(crate) fn is_read(&self) -> bool {
        self.method.is_safe()
    }

    fn invalid(&self, message: String) -> BackendError {
        BackendError::new(ErrorKind::InvalidInput, "http", self.operation, message)
    }
}

ae_core::setters! { Request {
    /// Sets another limit than the client's for the size of the answer.
    fn with_body_bytes_max(body_bytes_max: some usize);
} }

/// Shows the operation and the sizes: paths, queries, headers and bodies can hold secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}
