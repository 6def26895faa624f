//! The acts: each is tried inside of the walls, where it must be refused, and where it must be possible.

mod files;
mod kernel;
mod limits;
mod network;
mod processes;

/// An act.
pub struct Attempt {
    pub name: &'static str,
    /// Python: what is done with `T`.
    pub act: &'static str,
    /// Python: the `T` that must be out of reach.
    pub on: &'static str,
    /// Where the same act must be possible.
    pub twin: Twin,
}

/// Where the same act must be possible.
pub enum Twin {
    /// Inside of the walls, with this `T`.
    Inside(&'static str),
    /// Without walls.
    Host,
    /// Without walls, as root.
    HostRoot,
}

pub fn all() -> Vec<Attempt> {
    [files::ALL, processes::ALL, network::ALL, kernel::ALL, limits::ALL]
        .into_iter()
        .flatten()
        .map(|(name, act, on, twin)| Attempt {
            name,
            act,
            on,
            twin: match *twin {
                "host" => Twin::Host,
                "root" => Twin::HostRoot,
                target => Twin::Inside(target),
            },
        })
        .collect()
}

/// Name, act, the target out of reach, and the twin: `host`, `root` or a target that is in reach.
type Row = (&'static str, &'static str, &'static str, &'static str);
