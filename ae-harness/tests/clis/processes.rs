//! The processes of this machine, as `/proc` shows them.
#![allow(clippy::disallowed_methods, reason = "the tests look at processes")]

use std::{fs, path::Path};

/// A process that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub id: u32,
    parent: u32,
    /// In ticks since the start of the machine: with the number, it names the process for good.
    started: u64,
    pub arguments: String,
}

impl Process {
    fn read(id: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name of the program stands in brackets and may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        if fields[0] == "Z" {
            return None;
        }
        let arguments = text(id, "cmdline");
        Some(Self { id, parent: fields[1].parse().ok()?, started: fields[19].parse().ok()?, arguments })
    }

    /// Whether it still is there.
    pub fn is_alive(&self) -> bool {
        Self::read(self.id).is_some_and(|now| now.started == self.started)
    }

    /// Whether its folder, arguments or environment name the folder.
    fn names(&self, folder: &Path) -> bool {
        let link = fs::read_link(format!("/proc/{}/cwd", self.id)).unwrap_or_default();
        let folder_text = folder.to_str().unwrap();
        link.starts_with(folder)
            || self.arguments.contains(folder_text)
            || text(self.id, "environ").contains(folder_text)
    }
}

fn text(id: u32, file: &str) -> String {
    let bytes = fs::read(format!("/proc/{id}/{file}")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| *id != std::process::id()).filter_map(Process::read).collect()
}

/// The processes that name the folder.
pub fn of_folder(folder: &Path) -> Vec<Process> {
    all().into_iter().filter(|process| process.names(folder)).collect()
}

/// The processes that name the folder and all that descend from them, the oldest first.
pub fn tree(folder: &Path) -> Vec<Process> {
    let (mut found, mut others): (Vec<_>, Vec<_>) =
        all().into_iter().partition(|process| process.names(folder));
    loop {
        let (more, rest): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|other| found.iter().any(|one| one.id == other.parent));
        if more.is_empty() {
            break;
        }
        found.extend(more);
        others = rest;
    }
    found.sort_by_key(|process| (process.started, process.id));
    found
}
