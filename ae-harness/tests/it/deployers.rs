//! Bundles and their limits.

use std::{fs, path::Path};

use ae_core::ErrorKind;
use ae_harness::{Bundle, BundleLimits};

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
    let folder = folder(&[("index.html", "12345"), ("a.txt", "12345")]);
    let limits = BundleLimits::new().with_files_max(2).with_file_bytes_max(5).with_total_bytes_max(10);
    assert!(Bundle::scan_within(folder.path(), &limits).is_ok());
    for tight in [limits.with_files_max(1), limits.with_file_bytes_max(4), limits.with_total_bytes_max(9)] {
        let error = Bundle::scan_within(folder.path(), &tight).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{tight:?}");
    }
    assert_eq!(Bundle::scan(&folder.path().join("missing")).unwrap_err().kind(), ErrorKind::NotFound);
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
