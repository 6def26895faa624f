//! The acts that are not refused, and why. The test fails as well when one of them is refused.

use crate::site::{Wall, Who};

/// Act, kind, user (`None` for both), reason.
const ALL: &[(&str, Wall, Option<Who>, &str)] = &[
    (
        "names_of_others",
        Wall::Landlock,
        None,
        "there is no rule for the list of processes, and programs need `/proc`",
    ),
    (
        "change_permissions",
        Wall::Landlock,
        None,
        "there is no rule for permissions, and builds need the call",
    ),
    ("change_permissions_of_program", Wall::Landlock, Some(Who::Root), "the same, of what root owns"),
    ("change_times", Wall::Landlock, None, "there is no rule for times"),
    ("ask_for_size", Wall::Landlock, None, "there is no rule for what a path's folder tells"),
    ("outlive", Wall::Landlock, None, "processes are not apart: the supervisor ends what is left"),
    ("many_processes", Wall::Landlock, Some(Who::User), "only root can make a group of processes here"),
    ("much_memory_in_many", Wall::Landlock, Some(Who::User), "the same"),
    ("much_memory_in_many", Wall::Bubblewrap, Some(Who::User), "the same"),
];

pub fn why(name: &str, wall: Wall, who: Who) -> Option<&'static str> {
    let matches = |row: &&(&str, Wall, Option<Who>, &str)| {
        row.0 == name && row.1 == wall && row.2.is_none_or(|other| other == who)
    };
    ALL.iter().find(matches).map(|row| row.3)
}

pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|row| row.0)
}
