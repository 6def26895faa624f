//! The files of the built-in builder.

use std::{collections::BTreeMap, fs, path::Path};

use ae_core::{Cancel, ErrorKind, Origin, Priority, ProductSpec, Untrusted};
use ae_harness::{AgentRequest, CliProvider, SiteBuilder, SiteContext};
use proptest::prelude::*;
use scraper::{Html, Selector};

use crate::fixture::{build, builder, checks, criterion, failing, key, phrase, planned, spec, start};

/// Every file of the site by its path in it.
pub(crate) fn files(workspace: &Path) -> BTreeMap<String, Vec<u8>> {
    let root = workspace.join("site");
    let mut found = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[tokio::test]
async fn a_built_site_passes_its_sealed_plan() {
    for (mut spec, sample) in
        [spec(), planned()].into_iter().flat_map(|spec| [(spec.clone(), false), (spec, true)])
    {
        let workspace = tempfile::tempdir().unwrap();
        spec.sample = sample;
        let before = failing(workspace.path(), &spec);
        assert_eq!(before.len(), checks(workspace.path(), &spec).len(), "every check fails on nothing");
        build(workspace.path(), &spec).await;
        for check in checks(workspace.path(), &spec) {
            assert!(check.passed, "{}: {}", check.id, check.detail);
        }
    }
}

#[tokio::test]
async fn every_palette_reaches_its_contrast() {
    for slug in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"] {
        let workspace = tempfile::tempdir().unwrap();
        let mut spec = spec();
        spec.slug = slug.to_owned();
        build(workspace.path(), &spec).await;
        let all = checks(workspace.path(), &spec);
        let contrast = all.iter().find(|check| check.id == "generic-contrast").unwrap();
        assert!(contrast.passed && contrast.detail.contains("pairs"), "{}", contrast.detail);
    }
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes_and_changes_nothing_twice() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    build(one.path(), &spec()).await;
    build(two.path(), &spec()).await;
    assert_eq!(files(one.path()), files(two.path()));
    let request = AgentRequest::new(one.path(), "");
    let again = builder(&spec()).execute(&key(1), &request, &(), &Cancel::new()).await.unwrap();
    assert!(again.files_changed.is_empty(), "{again:?}");
    fs::write(one.path().join("site/index.html"), "broken").unwrap();
    let repaired = builder(&spec()).execute(&key(2), &request, &(), &Cancel::new()).await.unwrap();
    assert_eq!(repaired.files_changed, ["site/index.html"]);
    assert_eq!(files(one.path()), files(two.path()));
}

#[tokio::test]
async fn what_the_business_assumes_is_not_told_to_visitors() {
    let workspace = tempfile::tempdir().unwrap();
    let spec = spec();
    build(workspace.path(), &spec).await;
    let page = fs::read_to_string(workspace.path().join("site/index.html")).unwrap();
    assert!(spec.out_of_scope.iter().all(|text| page.contains(text.as_str())), "{page}");
    let inner = [&spec.assumptions[..], &spec.unclear[..]].concat();
    assert!(!inner.is_empty() && inner.iter().all(|text| !page.contains(text.as_str())), "{page}");
}

#[tokio::test]
async fn an_assumption_that_visitors_have_to_know_is_shown() {
    let unproven = "Demand for this product was not validated";
    for mut spec in [spec(), planned()] {
        let workspace = tempfile::tempdir().unwrap();
        spec.assumptions.push(unproven.to_owned());
        spec.acceptance_criteria.push(criterion("AC-OPEN", Priority::P0, phrase(unproven)));
        build(workspace.path(), &spec).await;
        assert_eq!(failing(workspace.path(), &spec), Vec::<String>::new());
        let page = fs::read_to_string(workspace.path().join("site/index.html")).unwrap();
        assert!(page.contains(unproven) && !page.contains(spec.assumptions[0].as_str()), "{page}");
    }
}

#[tokio::test]
async fn a_criterion_that_the_spec_can_not_fulfil_fails_closed() {
    let workspace = tempfile::tempdir().unwrap();
    let mut spec = spec();
    spec.acceptance_criteria.push(criterion("AC-011", Priority::P0, phrase("Teleport files")));
    let report = builder(&spec)
        .execute(&key(0), &AgentRequest::new(workspace.path(), ""), &(), &Cancel::new())
        .await
        .unwrap();
    assert!(report.summary.contains("AC-011"), "{}", report.summary);
    assert_eq!(failing(workspace.path(), &spec), ["AC-011"]);
}

#[tokio::test]
async fn strays_that_the_diagnosis_names_go_on_the_second_attempt() {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec()).await;
    for stray in ["stray.html", "kept.txt"] {
        fs::write(workspace.path().join("site").join(stray), "<p>").unwrap();
    }
    let diagnosis = failing(workspace.path(), &spec());
    assert!(diagnosis.contains(&"generic-markup".to_owned()), "{diagnosis:?}");
    let details: Vec<_> = checks(workspace.path(), &spec())
        .into_iter()
        .filter(|check| !check.passed)
        .map(|check| check.detail)
        .collect();
    let request = AgentRequest::new(workspace.path(), "").with_attempt(2).with_diagnosis(details.join("\n"));
    let report = builder(&spec()).execute(&key(1), &request, &(), &Cancel::new()).await.unwrap();
    assert_eq!(report.files_changed, ["site/stray.html"]);
    assert!(failing(workspace.path(), &spec()).is_empty());
    assert!(workspace.path().join("site/kept.txt").exists());
}

#[tokio::test]
async fn addresses_that_are_none_are_refused() {
    let workspace = tempfile::tempdir().unwrap();
    for base_url in ["", "/p/x/", "http://h/p", "javascript:alert(1)//", "http://h/\"><script>/"] {
        let site = SiteContext::new(base_url, start());
        let error = SiteBuilder::new(spec(), site)
            .execute(&key(0), &AgentRequest::new(workspace.path(), ""), &(), &Cancel::new())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{base_url}");
    }
    assert!(!workspace.path().join("site").exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_linked_site_folder_is_refused() {
    let (workspace, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), workspace.path().join("site")).unwrap();
    let error = builder(&spec())
        .execute(&key(0), &AgentRequest::new(workspace.path(), ""), &(), &Cancel::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

/// Text that tries to break out: markup, quotes, entities, control and bidirectional characters, and length.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("\" onload=\"x".to_owned()),
        Just("'><img src=x onerror=y>".to_owned()),
        Just("</title></main><h1>".to_owned()),
        Just("&amp;&lt;&#0;".to_owned()),
        Just("\u{202E}\u{0}\u{FFFE}\u{FDD0}\r\n".to_owned()),
        Just("<!--".to_owned()),
        Just("]]>{{NAME}}".to_owned()),
        Just("é漢字 🎉".to_owned()),
        Just("x".repeat(3_000)),
        any::<String>(),
        "[a-z \"<>&]{0,20}",
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn hostile_spec(texts: &[String]) -> ProductSpec {
    let mut spec = spec();
    let mut texts = texts.iter().cloned().cycle();
    let mut next = || texts.next().unwrap();
    spec.product_name = next();
    spec.tagline = next();
    spec.problem_statement = next();
    spec.target_users = vec![next(), next()];
    spec.out_of_scope = vec![next()];
    for feature in &mut spec.core_features {
        feature.title = next();
        feature.description = next();
    }
    for tier in &mut spec.pricing {
        tier.name = next();
        tier.includes = vec![next()];
    }
    spec.pricing[0].id = next();
    for evidence in &mut spec.evidence {
        evidence.title = Untrusted::new(Origin::Signals("test".to_owned()), next());
        evidence.source = next();
        evidence.url = Some(next());
    }
    let (name, title) = (spec.product_name.clone(), spec.core_features[0].title.clone());
    spec.acceptance_criteria[0].check = phrase(&name);
    spec.acceptance_criteria[3].check = phrase(&title);
    spec.acceptance_criteria[4].id = next();
    spec
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn hostile_text_never_becomes_markup(
        texts in prop::collection::vec(hostile(), 7..24),
        is_planned in any::<bool>(),
    ) {
        let mut spec = hostile_spec(&texts);
        if is_planned {
            (spec.deliverable, spec.offer) = (planned().deliverable, None);
        }
        let workspace = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(build(workspace.path(), &spec));

        for check in checks(workspace.path(), &spec) {
            // The content may fall short of what the spec asks for; the site itself is always sound.
            let sound = !check.id.starts_with("generic-");
            prop_assert!(check.passed || sound, "{}: {}", check.id, check.detail);
        }
        for (name, bytes) in files(workspace.path()) {
            if !name.ends_with(".html") { continue; }
            let page = Html::parse_document(std::str::from_utf8(&bytes).unwrap());
            let forbidden = Selector::parse("script:not([src='tool/page/tool.js']), img, iframe, style, [onload], [onerror], h1 ~ h1").unwrap();
            prop_assert_eq!(page.select(&forbidden).count(), 0, "{}", name);
        }
    }

    #[test]
    fn names_are_shown_and_proven(name in "[A-Za-zÀ-ž0-9<>&' ]{1,40}", title in "\\PC{1,60}") {
        prop_assume!(!name.trim().is_empty() && title.chars().any(char::is_alphanumeric));
        let mut spec = spec();
        spec.acceptance_criteria[0].check = phrase(&name);
        spec.acceptance_criteria[3].check = phrase(&title);
        spec.product_name = name;
        spec.core_features[0].title = title;
        let workspace = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(build(workspace.path(), &spec));
        prop_assert_eq!(failing(workspace.path(), &spec), Vec::<String>::new());
    }
}
