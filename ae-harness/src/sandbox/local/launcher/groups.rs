//! Groups of processes (cgroups), where this user may make them: limits for all processes of a program together.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::sandbox::{SandboxLimits, local::confine::Groups};

/// The name of a group begins so.
const PREFIX: &str = "ae-";

/// Joins new groups with the limits as far as they can be had.
pub(super) fn join(limits: &SandboxLimits) -> Groups {
    let (own, mounts) = (fs::read_to_string("/proc/self/cgroup"), fs::read_to_string("/proc/self/mountinfo"));
    let (Ok(own), Ok(mounts)) = (own, mounts) else { return Groups::default() };
    let (pids, memory) = (parent(&own, &mounts, "pids"), parent(&own, &mounts, "memory"));
    let new = pids.as_ref().is_some_and(|parent| parent.is_unified);
    let mut groups = Groups::default();
    if let Some(parent) = &pids {
        groups.processes = enter(&parent.folder, &[("pids.max", limits.processes.into())]).is_ok();
    }
    if let (Some(parent), Some(most)) = (&memory, limits.memory_bytes) {
        // One hierarchy holds both: the process is in the group already.
        let name = if parent.is_unified { "memory.max" } else { "memory.limit_in_bytes" };
        groups.memory = enter(&parent.folder, &[(name, most)]).is_ok() && (groups.processes || !new);
    }
    groups
}

/// The folder in which a group for a controller is made.
#[derive(Debug, PartialEq, Eq)]
struct Parent {
    folder: PathBuf,
    is_unified: bool,
}

/// In the old layout groups are nested in the own group, so that its limits hold too. In the unified one a group with
/// processes has no children, so the new group is a sibling.
fn parent(own: &str, mounts: &str, controller: &str) -> Option<Parent> {
    let own = |wanted: &str| {
        own.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            controllers.split(',').any(|name| name == wanted).then(|| path.trim_start_matches('/').to_owned())
        })
    };
    let mount = |kind: &str, option: &str| {
        mounts.lines().find_map(|line| {
            let (before, after) = line.split_once(" - ")?;
            let mut after = after.split(' ');
            let (found, options) = (after.next()?, after.nth(1)?);
            let matches =
                found == kind && (option.is_empty() || options.split(',').any(|name| name == option));
            matches.then(|| before.split(' ').nth(4).map(PathBuf::from))?
        })
    };
    if let (Some(own), Some(mount)) = (own(controller), mount("cgroup", controller)) {
        return Some(Parent { folder: mount.join(own), is_unified: false });
    }
    let folder = mount("cgroup2", "")?.join(own("")?).parent()?.to_path_buf();
    let passed_on = fs::read_to_string(folder.join("cgroup.subtree_control")).unwrap_or_default();
    passed_on.split_whitespace().any(|name| name == controller).then_some(Parent { folder, is_unified: true })
}

/// Makes a group, sets its limits and joins it. Removes the groups of programs that have ended: the kernel refuses to
/// remove one with processes, and so this never harms a living one. One that has just been made and is still empty may be
/// removed by another launcher, so this tries again.
fn enter(parent: &Path, limits: &[(&str, u64)]) -> io::Result<()> {
    for entry in fs::read_dir(parent)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            let _ = fs::remove_dir(entry.path());
        }
    }
    let group = parent.join(format!("{PREFIX}{}", std::process::id()));
    let attempt = || {
        match fs::create_dir(&group) {
            Err(problem) if problem.kind() != io::ErrorKind::AlreadyExists => return Err(problem),
            _ => {}
        }
        for (name, most) in limits {
            fs::write(group.join(name), most.to_string())?;
        }
        fs::write(group.join("cgroup.procs"), "0")
    };
    attempt().or_else(|_| attempt()).or_else(|_| attempt())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
30 25 0:26 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
31 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
32 25 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw";

    #[test]
    fn a_group_is_made_inside_of_the_own_one() {
        let own = "9:name=systemd:/\n8:pids:/job\n1:cpu,cpuacct:/\n0::/";
        let found = |controller| parent(own, MOUNTS, controller).map(|parent| parent.folder);
        assert_eq!(found("pids"), Some("/sys/fs/cgroup/pids/job".into()));
        assert_eq!(found("cpuacct"), Some("/sys/fs/cgroup/cpu,cpuacct/".into()));
        // It is in neither layout: the root of the unified one has no folder next to it.
        assert_eq!(found("memory"), None);
        assert_eq!(parent("", "", "pids"), None);
    }

    #[test]
    fn in_the_unified_layout_it_is_a_sibling() {
        let site = tempfile::tempdir().unwrap();
        fs::create_dir_all(site.path().join("user/job")).unwrap();
        fs::write(site.path().join("user/cgroup.subtree_control"), "cpu memory pids\n").unwrap();
        let mounts = format!("32 25 0:28 / {} rw - cgroup2 cgroup2 rw", site.path().display());
        let found = |controller| parent("0::/user/job", &mounts, controller);
        let expected = Parent { folder: site.path().join("user"), is_unified: true };
        assert_eq!(found("pids"), Some(expected));
        assert_eq!(found("io"), None);
    }
}
