//! Kits from settings: those that are built in, and those in folders.

use std::path::Path;

use ae_core::ErrorKind;
use ae_harness::Kit;

use crate::{
    error::{Error, Result},
    store::{KitFrom, RunSettings},
};

/// The kits of a run.
pub(super) fn kits(settings: &RunSettings) -> Result<Vec<Kit>> {
    let mut kits = Kit::builtin();
    for from in &settings.kits {
        let (kit, found) = read(Path::new(&from.folder))?;
        if found != *from {
            let message =
                format!("the kit {:?} in {} has changed since the run started", from.name, from.folder);
            return Err(Error::new(ErrorKind::Conflict, message)
                .with_hint("put its files back as they were, or start a new run with the kit as it is now"));
        }
        kits.push(kit);
    }
    Ok(kits)
}

/// The kit in `folder`, read and checked as a whole, and how settings name it.
pub(super) fn read(folder: &Path) -> Result<(Kit, KitFrom)> {
    let at = |error| Error::io(format!("--kit {}: there is no such folder", folder.display()), error);
    let absolute = std::fs::canonicalize(folder).map_err(at)?;
    let bad = |message: String| Error::new(ErrorKind::InvalidInput, message);
    let Some(text) = absolute.to_str() else {
        return Err(bad(format!("--kit {}: the path is not UTF-8", folder.display())));
    };
    let kit = Kit::load(&absolute)
        .map_err(|errors| bad(errors.to_string()).with_hint("mend all of it, then start the run again"))?;
    if Kit::builtin().iter().any(|own| own.name() == kit.name()) {
        return Err(bad(format!(
            "--kit {text}: the name {:?} is that of a kit that is built in",
            kit.name()
        ))
        .with_hint("give it another name in its kit.json"));
    }
    let from = KitFrom { folder: text.to_owned(), name: kit.name().to_owned(), digest: kit.digest() };
    Ok((kit, from))
}
