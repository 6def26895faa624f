//! The tables of a store and their version.

use ae_core::{BackendError, ErrorKind};
use rusqlite::{Connection, OptionalExtension as _};

use crate::{Access, Options, database::File, error::Failure};

/// The tables of one store. Several stores share a file, also with tables of other programs.
#[derive(Debug, Clone, Copy)]
pub struct Schema<'a> {
    pub(crate) backend: &'static str,
    component: &'static str,
    migrations: &'a [&'a str],
    application_id: Option<i32>,
}

impl<'a> Schema<'a> {
    /// A schema of `component`, a name within the file, for the backend that errors name.
    ///
    /// `migrations` hold one SQL text per version: the first makes the tables, each later one changes them. A released
    /// text never changes.
    #[must_use]
    pub const fn new(backend: &'static str, component: &'static str, migrations: &'a [&'a str]) -> Self {
        Self { backend, component, migrations, application_id: None }
    }

    /// Refuses a file of another program, and marks a new one with `application_id`.
    #[must_use]
    pub const fn with_application_id(mut self, application_id: i32) -> Self {
        self.application_id = Some(application_id);
        self
    }

    /// The version that this program writes.
    #[must_use]
    pub fn version(&self) -> i64 {
        i64::try_from(self.migrations.len()).unwrap_or(i64::MAX)
    }

    /// Checks the file, then brings the store to this version. A file that is refused stays as it is.
    pub(crate) fn prepare(&self, database: &File, options: &Options) -> Result<(), BackendError> {
        let found = database.read("open", |connection| {
            self.check_owner(connection, database)?;
            check_whole(connection, options.checked_bytes_max)?;
            self.found(connection, database, options.access)
        })?;
        if options.access == Access::ReadOnly {
            return Ok(());
        }
        database.set_up(options)?;
        if found == self.version() {
            return Ok(());
        }
        database.write("open", |connection| {
            // Another process may have migrated it since.
            self.check_owner(connection, database)?;
            let found = self.found(connection, database, options.access)?;
            self.migrate(connection, found)
        })
    }

    fn check_owner(&self, connection: &Connection, database: &File) -> Result<(), Failure> {
        let Some(ours) = self.application_id else { return Ok(()) };
        let theirs: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        let is_empty = theirs == 0
            && connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
        if theirs == ours || is_empty {
            return Ok(());
        }
        Err(database
            .refused(ErrorKind::Protocol, "open", "belongs to another program: choose another path")
            .into())
    }

    /// The version of the store in the file, 0 when it is missing and may be made.
    fn found(&self, connection: &Connection, database: &File, access: Access) -> Result<i64, Failure> {
        let refuse = |kind, why: &str| Err(Failure::from(database.refused(kind, "open", why)));
        let mut found = None;
        // A statement, since the connection's own list of tables can be older than the transaction.
        let has_versions: bool = connection.query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'ae_schema'",
            [],
            |row| row.get(0),
        )?;
        if has_versions {
            found = connection
                .query_row("SELECT version FROM ae_schema WHERE component = ?1", [self.component], |row| {
                    row.get(0)
                })
                .optional()?;
        }
        let (component, ours) = (self.component, self.version());
        match found {
            None if access == Access::Create => Ok(0),
            None => refuse(ErrorKind::NotFound, &format!("holds no {component}: restore a copy")),
            Some(version) if version > ours => refuse(
                ErrorKind::Unsupported,
                &format!(
                    "has version {version} of {component}, newer than the version {ours} of this program: use a \
                     newer release"
                ),
            ),
            Some(version) if version < ours && access == Access::ReadOnly => refuse(
                ErrorKind::Unsupported,
                &format!("has version {version} of {component}: open it for writing once, which migrates it"),
            ),
            Some(version) if version < 1 => Err(Failure::damaged(format!("the version of {component}"))),
            Some(version) => Ok(version),
        }
    }

    fn migrate(&self, connection: &Connection, found: i64) -> Result<(), Failure> {
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS ae_schema (component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT",
        )?;
        for step in self.migrations.iter().skip(usize::try_from(found).unwrap_or(0)) {
            connection.execute_batch(step)?;
        }
        connection.execute(
            "INSERT OR REPLACE INTO ae_schema (component, version) VALUES (?1, ?2)",
            (self.component, self.version()),
        )?;
        if let Some(id) = self.application_id {
            connection.pragma_update(None, "application_id", id)?;
        }
        Ok(())
    }
}

fn check_whole(connection: &Connection, bytes_max: u64) -> Result<(), Failure> {
    let bytes: i64 = connection.query_row(
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        [],
        |row| row.get(0),
    )?;
    if u64::try_from(bytes).unwrap_or(u64::MAX) > bytes_max {
        return Ok(());
    }
    let is_whole: bool = connection.query_row("PRAGMA quick_check(1)", [], |row| {
        Ok(row.get_ref(0)?.as_str().is_ok_and(|text| text == "ok"))
    })?;
    if is_whole { Ok(()) } else { Err(Failure::damaged("the file")) }
}
