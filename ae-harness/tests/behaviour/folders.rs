//! Modules of a folder.

use std::fs;

use ae_core::ErrorKind;
use ae_harness::Modules;

#[test]
fn scripts_below_a_folder_are_read() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Modules::read(&folder.path().join("missing")).unwrap(), Modules::new());
    fs::create_dir_all(folder.path().join("tool/modules")).unwrap();
    fs::write(folder.path().join("tool/modules/a.js"), "export const a = 1;").unwrap();
    fs::write(folder.path().join("tool/a.css"), [0xff]).unwrap();
    let modules = Modules::read(folder.path()).unwrap();
    assert_eq!(modules, Modules::new().with("tool/modules/a.js", "export const a = 1;").unwrap());
    assert!(modules.contains("tool/modules/a.js") && !modules.contains("tool/a.css"));
}

#[test]
fn what_is_not_a_plain_script_is_refused() {
    let refused = |write: &dyn Fn(&std::path::Path)| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        Modules::read(folder.path()).unwrap_err().kind()
    };
    let invalid = ErrorKind::InvalidInput;
    assert_eq!(refused(&|folder| fs::write(folder.join("a.js"), [0xff]).unwrap()), invalid);
    assert_eq!(refused(&|folder| fs::write(folder.join("a b.js"), "").unwrap()), invalid);
    assert_eq!(refused(&|folder| fs::write(folder.join("a.js"), vec![b' '; 9 << 20]).unwrap()), invalid);
    #[cfg(unix)]
    assert_eq!(
        refused(&|folder| std::os::unix::fs::symlink("/etc/passwd", folder.join("a.js")).unwrap()),
        invalid
    );
    #[cfg(unix)]
    assert_eq!(
        {
            let folder = tempfile::tempdir().unwrap();
            std::os::unix::fs::symlink("/etc", folder.path().join("site")).unwrap();
            Modules::read(&folder.path().join("site")).unwrap_err().kind()
        },
        invalid
    );
    assert_eq!(Modules::new().with("../a.js", "").unwrap_err().kind(), invalid);
    assert_eq!(Modules::new().with("start:", "").unwrap_err().kind(), invalid);
}
