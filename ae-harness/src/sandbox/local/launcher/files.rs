//! The machine's files for `bwrap`: folders, links, and copies of small files, some of which name nothing of the host.

use std::{
    fs::{self, File},
    io::{self, Seek as _, Write as _},
    os::fd::{AsRawFd as _, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{MemfdFlags, Mode, OFlags, memfd_create, open},
    process::{getgid, getuid},
};

use crate::sandbox::local::{
    Confinement, Egress,
    bubblewrap::Files,
    confinement::{ETC_FILES, ETC_NETWORK, SYSTEM},
};

/// Looks at the machine. The open files have to live until the `exec`.
pub(super) fn look(confinement: &Confinement) -> io::Result<(Files, Vec<OwnedFd>)> {
    let (mut files, mut open_files) = (Files::default(), Vec::new());
    for folder in SYSTEM {
        match fs::read_link(folder) {
            Ok(target) => files.links.push((folder, target)),
            Err(_) if Path::new(folder).is_dir() => files.folders.push(folder),
            Err(_) => {}
        }
    }
    let network: &[&str] = if confinement.egress == Egress::All { &ETC_NETWORK } else { &[] };
    let copied = ETC_FILES.iter().chain(network).filter_map(|path| {
        // No `CLOEXEC`, since `bwrap` reads it. A file that can't be read is not there for the program either.
        open(*path, OFlags::RDONLY, Mode::empty()).ok().map(|file| (*path, file))
    });
    for (path, file) in copied.chain(made(confinement)?) {
        files.copies.push((path, file.as_raw_fd()));
        open_files.push(file);
    }
    Ok((files, open_files))
}

/// The user's names and the host's, as far as programs need them.
fn made(confinement: &Confinement) -> io::Result<[(&'static str, OwnedFd); 3]> {
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    let home = confinement.workspace.display();
    let mut users = "nobody:x:65534:65534:nobody:/:/bin/false\n".to_owned();
    let mut groups = "nogroup:x:65534:\n".to_owned();
    if user != 65_534 {
        users.insert_str(0, &format!("sandbox:x:{user}:{group}:sandbox:{home}:/bin/sh\n"));
    }
    if group != 65_534 {
        groups.insert_str(0, &format!("sandbox:x:{group}:\n"));
    }
    let hosts = "127.0.0.1 localhost sandbox\n::1 localhost\n";
    Ok([("/etc/passwd", memory(&users)?), ("/etc/group", memory(&groups)?), ("/etc/hosts", memory(hosts)?)])
}

fn memory(content: &str) -> io::Result<OwnedFd> {
    let mut file = File::from(memfd_create("sandbox", MemfdFlags::empty())?);
    file.write_all(content.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}
