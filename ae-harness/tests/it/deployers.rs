//! Bundles and their limits.

use std::{fs, path::Path};

use ae_core::ErrorKind;
use ae_harness::Bundle;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn refusal(folder: &Path) -> String {
    let error = Bundle::scan(folder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    error.to_string()
}

#[test]
fn files_are_sorted_hashed_and_counted() {
    let bundle = folder(&[("index.html", "1"), ("a/b.css", "22"), (".well-known/security.txt", "333")]);
    let bundle = Bundle::scan(bundle.path()).unwrap();
    let paths: Vec<_> = bundle.files().iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, [".well-known/security.txt", "a/b.css", "index.html"]);
    assert_eq!(bundle.bytes(), 6);
    let moved = Bundle::scan(
        folder(&[("index.html", "22"), ("a/b.css", "1"), (".well-known/security.txt", "333")]).path(),
    )
    .unwrap();
    assert_ne!(bundle.manifest(), moved.manifest());
}

#[test]
fn secrets_and_hidden_files_are_refused_by_name() {
    for bad in [
        ".env",
        ".env.local",
        "config/prod.env",
        ".git/config",
        ".htaccess",
        "deploy.pem",
        "tls/server.KEY",
        "id_rsa",
        "a/.hidden/x.txt",
        "store.p12",
        "credentials.json",
        ".well-known/.secret",
        ".well-known/ae-release",
        "a b.html",
        "ü.html",
    ] {
        let folder = folder(&[("index.html", "1"), (bad, "x")]);
        let text = refusal(folder.path());
        assert!(text.contains("can't be published"), "{bad}: {text}");
    }
    assert!(refusal(folder(&[("page.html", "1")]).path()).contains("index.html"));
}

#[test]
fn limits_hold() {
    // Sparse files: they have a size and take no room.
    let large = |folder: &tempfile::TempDir, name: &str, bytes| {
        fs::File::create(folder.path().join(name)).unwrap().set_len(bytes).unwrap();
    };
    let one = folder(&[("index.html", "1")]);
    large(&one, "large.bin", 5_000_001);
    assert!(refusal(one.path()).contains("5000000 is the limit"));
    let sum = folder(&[("index.html", "1")]);
    (0..10).for_each(|number| large(&sum, &format!("{number}.bin"), 5_000_000));
    assert!(refusal(sum.path()).contains("50000000 is the limit"));
    let many = folder(&[("index.html", "1")]);
    (0..999).for_each(|number| large(&many, &format!("{number}.txt"), 0));
    assert_eq!(Bundle::scan(many.path()).unwrap().files().len(), 1_000);
    large(&many, "more.txt", 0);
    assert!(refusal(many.path()).contains("1000 is the limit"));
    assert_eq!(Bundle::scan(&many.path().join("missing")).unwrap_err().kind(), ErrorKind::NotFound);
}

#[cfg(unix)]
#[test]
fn links_are_refused() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("index.html", "1")]);
    let file_link = folder(&[("index.html", "1")]);
    symlink("/etc/hostname", file_link.path().join("a.txt")).unwrap();
    assert!(refusal(file_link.path()).contains("link"));
    let folder_link = folder(&[("index.html", "1")]);
    symlink(outside.path(), folder_link.path().join("sub")).unwrap();
    assert!(refusal(folder_link.path()).contains("link"));
    let root = folder(&[]);
    symlink(outside.path(), root.path().join("site")).unwrap();
    assert!(refusal(&root.path().join("site")).contains("not a folder"));
}
