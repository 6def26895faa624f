//! The launcher's account of the walls that it has put up.

use std::io::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::sandbox::local::confine::Groups;

/// The walls that were put up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sandbox::local) struct Facts {
    pub(in crate::sandbox::local) landlock_abi: u32,
    pub(in crate::sandbox::local) groups: Groups,
    /// The kernel limits the processes of all users but root.
    pub(in crate::sandbox::local) root: bool,
}

impl Facts {
    /// Prints them in place of a program's start.
    pub(super) fn print(&self) -> Result<i32, String> {
        let line = serde_json::to_string(self).map_err(|problem| problem.to_string())?;
        writeln!(io::stdout(), "{line}").map_err(|problem| problem.to_string())?;
        Ok(0)
    }
}
