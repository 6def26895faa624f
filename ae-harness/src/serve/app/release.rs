//! A release of an app.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use ae_core::Secret;

/// A release that is a program: it listens at `127.0.0.1` on the port that its variable `PORT` names.
#[derive(Clone)]
#[non_exhaustive]
pub struct AppRelease {
    /// Its name, for example a [`ReleaseId`](crate::ReleaseId).
    pub name: String,
    /// The folder in which it starts.
    pub folder: PathBuf,
    /// The path of the program and its arguments.
    pub command: Vec<String>,
    /// A command that is run once before it, in the same folder; none where this is empty.
    pub build: Vec<String>,
    /// Its whole environment but `PORT`: nothing of this process's is passed on.
    pub env: BTreeMap<String, Secret<String>>,
    /// The path that answers a GET with a status below 400 when it is healthy.
    pub health: String,
}

impl AppRelease {
    /// The release `name` in `folder`, started by `command`, healthy when `/` answers.
    pub fn new<T: Into<String>>(
        name: impl Into<String>,
        folder: impl Into<PathBuf>,
        command: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            name: name.into(),
            folder: folder.into(),
            command: command.into_iter().map(Into::into).collect(),
            build: Vec::new(),
            env: BTreeMap::new(),
            health: "/".to_owned(),
        }
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: Secret<String>) -> Self {
        self.env.insert(name.into(), value);
        self
    }
}

ae_core::setters! { AppRelease {
    /// Sets the command that builds it.
    fn with_build(build: Vec<String>);
    /// Sets the path that says whether it is healthy.
    fn with_health(health: into String);
} }

/// Shows the names of variables only.
impl fmt::Debug for AppRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppRelease")
            .field("name", &self.name)
            .field("folder", &self.folder)
            .field("command", &self.command)
            .field("env", &self.env.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
