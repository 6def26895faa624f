//! Answers of a release.

use std::fs;

use http::header;

use super::*;
use crate::deploy::{Bundle, DeployPlan};

fn release() -> (tempfile::TempDir, Record) {
    let folder = tempfile::tempdir().unwrap();
    let published = [
        ("index.html", "home"),
        ("privacy.html", "privacy"),
        ("404.html", "lost"),
        ("docs/index.html", "docs"),
        ("docs/1.0/index.html", "one"),
        ("_next/app/[slug]/(shop)/page.js", "route"),
        ("tags/über.html", "tag"),
        ("my photo.html", "photo"),
        (".well-known/security.txt", "contact"),
    ];
    for (path, content) in published {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let bundle = Bundle::scan(folder.path()).unwrap();
    let record = Record {
        release: DeployPlan::release_of_files(&bundle.manifest()),
        manifest: bundle.manifest(),
        files: bundle.files().to_vec(),
    };
    fs::write(folder.path().join(".env"), "added later").unwrap();
    (folder, record)
}

#[test]
fn paths_map_to_files_and_nothing_else() {
    let (folder, record) = release();
    let get = |path: &str| {
        let response = respond_from(folder.path(), &record, path, None);
        (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
    };
    let id = format!("{}\n", record.release);
    for (path, status, body) in [
        ("/", 200, "home"),
        ("/index.html", 200, "home"),
        ("/privacy", 200, "privacy"),
        ("/docs/", 200, "docs"),
        ("/.well-known/ae-release", 200, id.as_str()),
        ("/.well-known/security.txt", 200, "contact"),
        ("/_next/app/[slug]/(shop)/page.js", 200, "route"),
        ("/_next/app/%5Bslug%5D/%28shop%29/page.js", 200, "route"),
        ("/_next/app/%5bslug%5d/(shop)/page%2Ejs", 200, "route"),
        ("/tags/%C3%BCber", 200, "tag"),
        ("/tags/über", 200, "tag"),
        ("/my%20photo", 200, "photo"),
        ("/docs", 308, "Moved.\n"),
        ("/docs/1.0", 308, "Moved.\n"),
        ("/%64ocs", 308, "Moved.\n"),
        ("/.well-known/ae%2Drelease", 200, id.as_str()),
        ("/missing", 404, "lost"),
        ("/my+photo", 404, "lost"),
        ("/docs%2findex.html", 404, "lost"),
        ("/docs%5cindex.html", 404, "lost"),
        ("/docs/%2e%2e/index.html", 404, "lost"),
        ("/docs/%252e%252e/index.html", 404, "lost"),
        ("/%5Bslug", 404, "lost"),
        ("/index.html%00", 404, "lost"),
        ("/index.html%", 404, "lost"),
        ("/index.htm%6", 404, "lost"),
        ("/%69ndex.html%FF", 404, "lost"),
        ("/%2Eenv", 404, "lost"),
        ("/%2Fetc/passwd", 404, "lost"),
        ("%2F", 404, "lost"),
        ("/docs//", 404, "lost"),
        ("//docs", 404, "lost"),
        ("/.env", 404, "lost"),
        ("/../index.html", 404, "lost"),
        ("//etc/passwd", 404, "lost"),
        ("/%2e%2e/index.html", 404, "lost"),
        ("index.html", 404, "lost"),
        ("", 404, "lost"),
    ] {
        assert_eq!(get(path), (status, body.to_owned()), "{path}");
    }
}

#[test]
fn a_folder_sends_on_to_itself_and_nowhere_else() {
    let (folder, record) = release();
    for (path, target) in [("/docs", "./docs/"), ("/docs/1.0", "./1.0/"), ("/do%63s", "./docs/")] {
        let answer = respond_from(folder.path(), &record, path, None);
        assert_eq!(answer.headers()[header::LOCATION], target, "{path}");
    }
}

#[test]
fn an_equal_tag_is_not_sent_again() {
    let (folder, record) = release();
    let get = |path: &str, known: &str| respond_from(folder.path(), &record, path, Some(known));
    let first = respond_from(folder.path(), &record, "/", None);
    let etag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
    for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
        let again = get("/", &known);
        assert_eq!((again.status(), again.body().len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
    }
    assert_eq!(get("/", "\"x\"").status(), StatusCode::OK);
    assert_eq!(get("/x", "*").status(), StatusCode::NOT_FOUND);
    assert_eq!(first.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    let policy = first.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
    assert!(
        policy.ends_with("base-uri 'none'; frame-ancestors 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
}

#[test]
fn files_of_a_tool_have_their_types_and_the_policy() {
    let folder = tempfile::tempdir().unwrap();
    let published = [
        ("index.html", "text/html; charset=utf-8"),
        ("tool/page/worker.js", "text/javascript; charset=utf-8"),
        ("tool/licence.json", "application/json"),
        ("tool/page/sample.csv", "text/csv; charset=utf-8"),
        ("tool/page/tool.css", "text/css; charset=utf-8"),
        ("preview.png", "image/png"),
    ];
    for (path, _) in published {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    let bundle = Bundle::scan(folder.path()).unwrap();
    let record = Record {
        release: DeployPlan::release_of_files(&bundle.manifest()),
        manifest: bundle.manifest(),
        files: bundle.files().to_vec(),
    };
    for (path, kind) in published {
        let answer = respond_from(folder.path(), &record, &format!("/{path}"), None);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], kind, "{path}");
        // A worker obeys the policy of its own file's answer.
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("connect-src 'self'"), "{path}: {policy}");
    }
}

#[test]
fn other_bytes_than_were_published_are_not_served() {
    let (folder, record) = release();
    fs::write(folder.path().join("index.html"), "hom3").unwrap();
    fs::remove_file(folder.path().join("privacy.html")).unwrap();
    for path in ["/", "/privacy"] {
        let response = respond_from(folder.path(), &record, path, None);
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(!response.body().starts_with(b"hom3"));
    }
    assert_eq!(respond_from(folder.path(), &record, "/docs/", None).status(), StatusCode::OK);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let (folder, record) = release();
    fs::rename(folder.path().join("index.html"), folder.path().join("moved.html")).unwrap();
    std::os::unix::fs::symlink("moved.html", folder.path().join("index.html")).unwrap();
    std::os::unix::fs::symlink("/etc", folder.path().join("etc")).unwrap();
    let status = |path: &str| respond_from(folder.path(), &record, path, None).status();
    assert_eq!(status("/etc/hostname"), StatusCode::NOT_FOUND);
    assert_eq!(status("/"), StatusCode::INTERNAL_SERVER_ERROR);
}
