//! Checkpoints of a workspace, against whatever an attempt leaves behind.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use ae_core::ErrorKind;
use ae_harness::{Checkpoint, CheckpointRules, Snapshot};
use proptest::prelude::*;
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.workspace()).unwrap();
        place
    }

    fn workspace(&self) -> PathBuf {
        self.0.path().join("workspace")
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn at(&self, path: &str) -> PathBuf {
        self.workspace().join(path)
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn take(&self) -> Checkpoint {
        Checkpoint::take(&self.workspace(), &self.store()).unwrap()
    }

    /// A workspace with something of each kind.
    fn filled() -> Self {
        let place = Self::new();
        place.write("src/main.js", "export const a = 1;");
        place.write("src/copy.js", "export const a = 1;");
        place.write("node_modules/x/index.js", "x");
        place.write("run.sh", "#!/bin/sh");
        place.write("large.bin", &"0123456789".repeat(50_000));
        fs::set_permissions(place.at("run.sh"), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(place.at("empty")).unwrap();
        fs::set_permissions(place.at("empty"), Permissions::from_mode(0o700)).unwrap();
        symlink("src/main.js", place.at("main.js")).unwrap();
        place
    }
}

/// Every path with its kind, permissions and content.
fn listing(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let content = if meta.is_dir() {
                waiting.push(path.clone());
                String::new()
            } else if meta.is_symlink() {
                format!("{:?}", fs::read_link(&path).unwrap())
            } else {
                fs::read_to_string(&path).unwrap()
            };
            found.push(format!("{} {:o} {content}", path.display(), meta.mode()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_failed_attempt_is_undone() {
    let place = Place::filled();
    let before = listing(&place.workspace());
    let checkpoint = place.take();
    place.write("src/main.js", "broken");
    place.write("new/deep/file", "junk");
    place.write("node_modules/x/index.js", "poisoned");
    fs::remove_file(place.at("large.bin")).unwrap();
    fs::remove_dir(place.at("empty")).unwrap();
    fs::remove_file(place.at("main.js")).unwrap();
    symlink("/etc/passwd", place.at("main.js")).unwrap();
    fs::set_permissions(place.at("run.sh"), Permissions::from_mode(0o644)).unwrap();
    fs::remove_file(place.at("src/copy.js")).unwrap();
    fs::create_dir(place.at("src/copy.js")).unwrap();
    place.write("src/copy.js/inside", "x");
    let changed = checkpoint.revert().unwrap();
    assert_eq!(
        changed,
        [
            "large.bin",
            "main.js",
            "new/deep/file",
            "node_modules/x/index.js",
            "run.sh",
            "src/copy.js",
            "src/copy.js/inside",
            "src/main.js"
        ]
    );
    assert_eq!(listing(&place.workspace()), before);
    assert_eq!(checkpoint.revert().unwrap(), Vec::<String>::new());
}

#[test]
fn a_workspace_that_is_gone_or_replaced_comes_back() {
    let place = Place::filled();
    let before = listing(&place.workspace());
    let checkpoint = place.take();
    fs::remove_dir_all(place.workspace()).unwrap();
    checkpoint.revert().unwrap();
    assert_eq!(listing(&place.workspace()), before);

    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("mine"), "mine").unwrap();
    fs::remove_dir_all(place.workspace()).unwrap();
    symlink(elsewhere.path(), place.workspace()).unwrap();
    checkpoint.revert().unwrap();
    assert_eq!(listing(&place.workspace()), before);
    assert_eq!(fs::read_to_string(elsewhere.path().join("mine")).unwrap(), "mine");
}

#[test]
fn nothing_outside_is_touched_through_links() {
    let place = Place::filled();
    let checkpoint = place.take();
    let outside = tempfile::tempdir().unwrap();
    let kept = outside.path().join("kept");
    fs::write(&kept, "kept").unwrap();
    // A folder that became a link to one outside, with a file of the same name.
    fs::remove_dir_all(place.at("src")).unwrap();
    symlink(outside.path(), place.at("src")).unwrap();
    fs::write(outside.path().join("main.js"), "theirs").unwrap();
    // A file that became the other end of a hard link.
    fs::remove_file(place.at("run.sh")).unwrap();
    fs::hard_link(&kept, place.at("run.sh")).unwrap();
    // A new link to a folder outside is removed, and not what is in it.
    symlink(outside.path(), place.at("way-out")).unwrap();
    checkpoint.revert().unwrap();
    assert_eq!(fs::read_to_string(&kept).unwrap(), "kept");
    assert_eq!(fs::read_to_string(outside.path().join("main.js")).unwrap(), "theirs");
    assert_eq!(fs::read_to_string(place.at("src/main.js")).unwrap(), "export const a = 1;");
    assert!(!place.at("way-out").exists());
}

#[test]
fn pipes_deep_folders_and_closed_folders_are_removed() {
    let place = Place::filled();
    let before = listing(&place.workspace());
    let checkpoint = place.take();
    let mut deep = place.at("deep");
    fs::create_dir(&deep).unwrap();
    // Deeper than a path can name.
    for _ in 0..3_000 {
        let inner = place.at("inner");
        fs::rename(&deep, &inner).unwrap();
        fs::create_dir(&deep).unwrap();
        fs::rename(inner, deep.join("a-long-name-of-a-folder")).unwrap();
    }
    deep = place.at("closed");
    fs::create_dir(&deep).unwrap();
    fs::write(deep.join("file"), "x").unwrap();
    fs::set_permissions(&deep, Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(place.at("src"), Permissions::from_mode(0o000)).unwrap();
    let user = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, place.at("pipe"), rustix::fs::FileType::Fifo, user, 0).unwrap();
    checkpoint.revert().unwrap();
    assert_eq!(listing(&place.workspace()), before);
}

#[test]
fn a_checkpoint_survives_a_restart_and_a_damaged_store_is_named() {
    let place = Place::filled();
    let before = listing(&place.workspace());
    assert!(Checkpoint::open(&place.workspace(), &place.store()).unwrap().is_none());
    drop(place.take());
    place.write("src/main.js", "broken");
    let again = Checkpoint::open(&place.workspace(), &place.store()).unwrap().unwrap();
    again.revert().unwrap();
    assert_eq!(listing(&place.workspace()), before);

    let contents = fs::read_dir(place.store()).unwrap().map(|entry| entry.unwrap().path());
    let contents = contents.into_iter().find(|path| path.to_string_lossy().contains("contents")).unwrap();
    let size = fs::metadata(&contents).unwrap().len();
    fs::write(&contents, vec![b'x'; usize::try_from(size).unwrap()]).unwrap();
    place.write("src/main.js", "broken");
    let error = again.revert().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().contains("damaged"), "{error}");
}

#[test]
fn another_checkpoint_takes_the_place_of_the_one_before() {
    let place = Place::filled();
    place.take();
    place.write("src/main.js", "second");
    let second = place.take();
    place.write("src/main.js", "third");
    fs::remove_file(place.at("large.bin")).unwrap();
    second.revert().unwrap();
    assert_eq!(fs::read_to_string(place.at("src/main.js")).unwrap(), "second");
    assert_eq!(second.snapshot(), &Snapshot::take(&place.workspace()).unwrap());
}

#[test]
fn a_copy_is_the_same_and_apart() {
    let place = Place::filled();
    let checkpoint = place.take();
    let copy = place.0.path().join("copy");
    checkpoint.restore(&copy).unwrap();
    assert_eq!(Snapshot::take(&copy).unwrap(), *checkpoint.snapshot());
    fs::write(copy.join("src/main.js"), "other").unwrap();
    assert_eq!(fs::read_to_string(place.at("src/main.js")).unwrap(), "export const a = 1;");
}

#[test]
fn limits_and_places_are_held() {
    let place = Place::filled();
    let rules = CheckpointRules::new().with_bytes_max(1_000);
    let error = Checkpoint::take_within(&place.workspace(), &place.store(), &rules).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded, "{error}");
    let error = Checkpoint::take(&place.workspace(), &place.at("store")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    let mode = fs::metadata({
        place.take();
        place.store()
    })
    .unwrap()
    .mode();
    assert_eq!(mode & 0o777, 0o700, "others can't read the contents");
}

#[derive(Debug, Clone)]
enum Act {
    Write(usize, u8),
    Remove(usize),
    Folder(usize),
    Link(usize, usize),
    Mode(usize, u32),
    Move(usize, usize),
}

const PATHS: [&str; 8] = ["a", "a/b", "a/b/c", "a-b", "d", "d/e", "d/e/f", "é"];

impl Act {
    /// Does it as far as it can be done.
    fn apply(&self, place: &Place) {
        let at = |number: usize| place.at(PATHS[number % PATHS.len()]);
        let _ = match self {
            Self::Write(path, byte) => fs::write(at(*path), [*byte; 3]),
            Self::Remove(path) => fs::remove_dir_all(at(*path)).or_else(|_| fs::remove_file(at(*path))),
            Self::Folder(path) => fs::create_dir_all(at(*path)),
            Self::Link(path, to) => symlink(PATHS[to % PATHS.len()], at(*path)),
            // As root every folder can be listed whatever its permissions.
            Self::Mode(path, mode) => match fs::symlink_metadata(at(*path)) {
                Ok(meta) if !meta.is_symlink() => {
                    fs::set_permissions(at(*path), Permissions::from_mode(0o700 | (mode & 0o77)))
                }
                _ => Ok(()),
            },
            Self::Move(from, to) => fs::rename(at(*from), at(*to)),
        };
    }
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act =
        (0..6_u8, 0..8_usize, 0..8_usize, any::<u8>()).prop_map(|(kind, path, other, byte)| match kind {
            0 => Act::Write(path, byte % 3),
            1 => Act::Remove(path),
            2 => Act::Folder(path),
            3 => Act::Link(path, other),
            4 => Act::Mode(path, u32::from(byte)),
            _ => Act::Move(path, other),
        });
    prop::collection::vec(act, 0..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn any_acts_are_undone(first in acts(), second in acts(), third in acts()) {
        let place = Place::new();
        first.iter().for_each(|act| act.apply(&place));
        place.take();
        second.iter().for_each(|act| act.apply(&place));
        let before = listing(&place.workspace());
        let checkpoint = place.take();
        third.iter().for_each(|act| act.apply(&place));
        let differs = Snapshot::take(&place.workspace()).unwrap().changed_since(checkpoint.snapshot());
        prop_assert_eq!(&differs, &Snapshot::take_after(&place.workspace(), checkpoint.snapshot()).unwrap().changed_since(checkpoint.snapshot()));
        let reverted = checkpoint.revert().unwrap();
        prop_assert_eq!(listing(&place.workspace()), before);
        // Permissions other than that to run a file are put back without being named.
        prop_assert_eq!(reverted, differs);
    }
}
