//! Bundles and their limits.

use std::{collections::BTreeSet, fs, path::Path};

use ae_core::ErrorKind;
use ae_harness::{Bundle, DeploySpec, DeployTarget, Function, SiteId};

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
        "_redirects",
        "_headers",
        "vercel.json",
        ".nojekyll/x",
        "a%20b.html",
        "a\\b.html",
        "a?b.html",
        "a .html /x",
        "a\u{202e}lmth.html",
    ] {
        let folder = folder(&[("index.html", "1"), (bad, "x")]);
        let text = refusal(folder.path());
        assert!(text.contains("can't be published"), "{bad}: {text}");
    }
}

#[test]
fn what_site_generators_write_is_taken_and_their_marks_are_left_out() {
    let written = [
        ("_next/static/chunks/app/blog/[slug]/page-0d1f.js", "1"),
        ("_next/static/chunks/app/(shop)/@modal/page-5c.js", "2"),
        ("assets/chunks/@localSearchIndexroot.DK3.js", "3"),
        ("docs/_redirects", "not at the root"),
        ("tags/c++/index.html", "4"),
        ("tags/über uns/index.html", "5"),
        ("~partytown/a,b!.js", "6"),
    ];
    let marks = [(".nojekyll", ""), (".buildinfo", "x"), ("docs/.DS_Store", "x"), ("empty/.gitkeep", "")];
    let bundle = Bundle::scan(folder(&[&written[..], &marks[..]].concat()).path()).unwrap();
    let mut paths: Vec<_> = written.map(|(path, _)| path).to_vec();
    paths.sort_unstable();
    assert_eq!(bundle.files().iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), paths);
    assert!(!bundle.has_index());
    assert_eq!(bundle.files()[1].url_path(), "_next/static/chunks/app/blog/%5Bslug%5D/page-0d1f.js");
    let marked = Bundle::scan(folder(&written).path()).unwrap();
    assert_eq!(bundle.manifest(), marked.manifest(), "marks do not make another release");
}

#[test]
fn a_release_is_its_files_and_the_settings_that_change_it() {
    let folder = folder(&[("index.html", "1")]);
    let bundle = Bundle::scan(folder.path()).unwrap();
    let site = "shop".parse::<SiteId>().unwrap();
    let spec = DeploySpec::new(site, "http://shop.localhost/");
    let function = |source: &str| vec![Function::new("api/licence", source)];
    let with = |names: &[&str]| spec.clone().with_env(names.iter().map(|name| (*name).to_owned()).collect());
    let releases = [
        bundle.plan(&spec),
        bundle.plan(&spec.clone().with_target(DeployTarget::Preview)),
        bundle.plan(&with(&["AE_LINKS"])),
        bundle.plan(&with(&["AE_LINKS", "AE_TIERS"])),
        bundle.clone().with_functions(function("1")).plan(&spec),
        bundle.clone().with_functions(function("2")).plan(&spec),
    ];
    let releases: BTreeSet<_> = releases.into_iter().map(|plan| plan.unwrap().release).collect();
    assert_eq!(releases.len(), 6, "each is another release");
    let at = |address: &str| DeploySpec::new(spec.site.clone(), address);
    assert!(
        releases.contains(&bundle.plan(&at("https://shop.example/")).unwrap().release),
        "the address is not part of it"
    );

    for bad in ["shop.localhost/", "http://shop.localhost", "ftp://shop/", "http://", "http:///"] {
        assert_eq!(bundle.plan(&at(bad)).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
    }
    assert_eq!(bundle.plan(&with(&["not a name"])).unwrap_err().kind(), ErrorKind::InvalidInput);
    let shadowed = bundle.clone().with_functions(vec![Function::new("index", "1")]);
    assert_eq!(shadowed.plan(&spec).unwrap_err().kind(), ErrorKind::InvalidInput);
    let changed = bundle.clone().with_functions(function("2"));
    let plan = bundle.with_functions(function("1")).plan(&spec).unwrap();
    assert_eq!(changed.check(&plan).unwrap_err().kind(), ErrorKind::Conflict);
}

#[test]
fn limits_hold() {
    // Sparse files: they have a size and take no room.
    let large = |folder: &tempfile::TempDir, name: &str, bytes| {
        fs::File::create(folder.path().join(name)).unwrap().set_len(bytes).unwrap();
    };
    let one = folder(&[("index.html", "1")]);
    large(&one, "large.bin", 25_000_001);
    assert!(refusal(one.path()).contains("25000000 is the limit"));
    let sum = folder(&[("index.html", "1")]);
    (0..4).for_each(|number| large(&sum, &format!("{number}.bin"), 25_000_000));
    assert!(refusal(sum.path()).contains("100000000 is the limit"));
    let many = folder(&[("index.html", "1")]);
    (0..19_999).for_each(|number| large(&many, &format!("{number}.txt"), 0));
    assert_eq!(Bundle::scan(many.path()).unwrap().files().len(), 20_000);
    large(&many, "more.txt", 0);
    assert!(refusal(many.path()).contains("20000 is the limit"));
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
