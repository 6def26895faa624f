//! The site of a tool: its files, its policy, its licences, and the statements on data that its visitors read.

use std::{fs, path::Path};

use ae_core::{
    Behaviour, Cancel, CheckKind, Digest, ErrorKind, IdempotencyKey, Priority, ProductSpec, ProjectId,
};
use ae_harness::{AcceptancePlan, AgentRequest, CliProvider, SiteBuilder, SiteContext};
use serde_json::{Value, json};

use crate::{
    fixture::{build, builder, context, criterion, failing, key, kit, kit_folder, planned, policy, spec},
    site::files,
};

fn project() -> ProjectId {
    ProjectId::from_digest(&Digest::of_bytes("test", b"project"))
}

fn paid() -> ProductSpec {
    let mut spec = spec();
    spec.core_features[1].tier = Some("pro".to_owned());
    spec
}

fn selling() -> SiteContext {
    let jwk = json!({"kty": "EC", "crv": "P-256", "kid": "1", "x": "eA", "y": "eQ"});
    context().with_project(project()).with_licence_keys(vec![jwk]).with_contact("help@shop.example")
}

fn at(sequence: u32) -> IdempotencyKey {
    key(sequence)
}

async fn built(spec: &ProductSpec, site: &SiteContext) -> (tempfile::TempDir, Vec<String>) {
    let workspace = tempfile::tempdir().unwrap();
    let builder = SiteBuilder::new(spec.clone(), site.clone()).with_kits(vec![kit()]);
    builder.execute(&at(0), &AgentRequest::new(workspace.path(), ""), &(), &Cancel::new()).await.unwrap();
    let failed = failed(workspace.path(), spec, site);
    (workspace, failed)
}

fn failed(workspace: &Path, spec: &ProductSpec, site: &SiteContext) -> Vec<String> {
    let plan = AcceptancePlan::derive(spec, site);
    let outcomes = plan.run(workspace, &plan.seal()).unwrap();
    outcomes.into_iter().filter(|check| !check.passed).map(|check| check.id).collect()
}

#[tokio::test]
async fn the_tool_comes_first_with_the_files_of_its_kit() {
    let mut spec = spec();
    for (feature, offered) in spec.core_features.iter_mut().zip(kit().offer().features) {
        feature.behaviours = offered.feature.behaviours;
    }
    let (workspace, failed) = built(&spec, &context()).await;
    assert_eq!(failed, Vec::<String>::new());
    let files = files(workspace.path());
    for name in ["modules/count.js", "modules/words.js", "page/tool.js", "page/tool.css", "page/sample.txt"] {
        let original = fs::read(kit_folder().join(name)).unwrap();
        assert_eq!(files.get(&format!("tool/{name}")), Some(&original), "{name}");
    }
    assert!(!files.contains_key("tool/page/tool.html") && !files.contains_key("tool/licence.json"));
    let page = String::from_utf8(files["index.html"].clone()).unwrap();
    let place = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part}: {page}"));
    assert!(place("<h1") < place("id=\"tool\"") && place("id=\"use-sample\"") < place("id=\"features\""));
    assert!(place("http-equiv") < place("<link") && place("<h1") < 4_000, "{page}");
    // A module that the sealed plan names and the site lacks.
    fs::remove_file(workspace.path().join("site/tool/modules/count.js")).unwrap();
    let missing = self::failed(workspace.path(), &spec, &context());
    assert_eq!(missing, ["generic-files", "generic-self-contained"]);
}

#[tokio::test]
async fn a_spec_without_its_kit_is_not_done() {
    let mut other = spec();
    other.offer = Some("elsewhere".to_owned());
    other.core_features[0].behaviours = vec![Behaviour::new("x", "tool/modules/x.js", "x")];
    other.acceptance_criteria.push(criterion(
        "AC-RUN",
        Priority::P0,
        CheckKind::Behaviour { id: "x".to_owned() },
    ));
    let workspace = tempfile::tempdir().unwrap();
    let request = AgentRequest::new(workspace.path(), "");
    let report = builder(&other).execute(&at(0), &request, &(), &Cancel::new()).await.unwrap();
    for part in ["no kit \"elsewhere\"", "known: reading-time", "AC-RUN"] {
        assert!(report.summary.contains(part), "{}", report.summary);
    }
    let failed = failing(workspace.path(), &other);
    for id in ["generic-files", "generic-self-contained"] {
        assert!(failed.iter().any(|failed| failed == id), "{id}: {failed:?}");
    }
    let bare = SiteBuilder::new(spec(), context());
    assert!(bare.info().offers.is_empty());
    assert_eq!(builder(&spec()).info().offers, [kit().offer()]);
}

#[tokio::test]
async fn scripts_are_own_modules_under_the_policy() {
    let module = "<script type=\"module\" src=\"tool/page/tool.js\"></script>";
    let policy = policy();
    for (from, to) in [
        (module, "<script type=\"module\" src=\"https://elsewhere.example/x.js\"></script>".to_owned()),
        (module, "<script src=\"tool/page/tool.js\"></script>".to_owned()),
        (module, "<script type=\"module\">import './tool/page/tool.js'</script>".to_owned()),
        (module, "<script type=\"module\" src=\"tool/page/tool.js\" onload=\"x()\"></script>".to_owned()),
        (module, "<script type=\"module\" src=\"tool/page/gone.js\"></script>".to_owned()),
        (module, "<script type=\"module\" src=\"styles.css\"></script>".to_owned()),
        (module, String::new()),
        ("<h2>Pricing", "<h2 onclick=\"x()\">Pricing".to_owned()),
        (policy.as_str(), policy.replace("'self' blob:", "'self' blob: https:")),
        (policy.as_str(), format!("{policy}; frame-ancestors 'none'")),
        ("http-equiv=\"Content-Security-Policy\"", "name=\"policy\"".to_owned()),
        ("<meta charset=\"utf-8\">", format!("<meta charset=\"utf-8\">{module}")),
    ] {
        let workspace = tempfile::tempdir().unwrap();
        build(workspace.path(), &spec()).await;
        let path = workspace.path().join("site/index.html");
        let before = fs::read_to_string(&path).unwrap();
        assert!(before.contains(from), "{from}");
        fs::write(&path, before.replace(from, &to)).unwrap();
        let failed = failing(workspace.path(), &spec());
        assert!(failed.contains(&"generic-self-contained".to_owned()), "{to}: {failed:?}");
    }
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec()).await;
    let script = workspace.path().join("site/tool/modules/clean.js");
    fs::write(&script, "import \"https://elsewhere.example/x.js\";\n").unwrap();
    assert_eq!(failing(workspace.path(), &spec()), ["generic-self-contained"]);
}

/// Adds a rule to the style sheet of the tool and says which checks fail.
async fn styled(css: &str) -> Vec<String> {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec()).await;
    let path = workspace.path().join("site/tool/page/tool.css");
    fs::write(&path, format!("{}{css}", fs::read_to_string(&path).unwrap())).unwrap();
    failing(workspace.path(), &spec())
}

#[tokio::test]
async fn a_tool_hides_its_own_parts_and_nothing_else() {
    for css in [
        "#tool [hidden]{display:none!important}",
        "#tool .a + .b,#tool>p{visibility:hidden}",
        "#tool[data-state=ready] .a{display:none}",
        "@media (max-width:40rem){#tool .a{display:none}}",
    ] {
        assert_eq!(styled(css).await, Vec::<String>::new(), "{css}");
    }
    for css in [
        ".audience{display:none}",
        "#tool + .audience{display:none}",
        "#tool ~ section{display:none}",
        "#tool,.audience{display:none}",
        "#tool{display:none}",
        "#tool/**/+ section{display:none}",
        "#tools p{display:none}",
        "#tool[a=\"b c\"] + section{display:none}",
        "#tool[a=b] + section{display:none}",
        "#tool :is(.a,.b), .audience{display:none}",
        "#tool .a{}.audience{& p{display:none}}",
    ] {
        assert!(styled(css).await.contains(&"generic-styles".to_owned()), "{css}");
    }
    // What the tool holds proves nothing.
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec()).await;
    let path = workspace.path().join("site/index.html");
    let page = fs::read_to_string(&path).unwrap();
    let moved = page.replace("Repair encodings", "x").replace(
        "<h2 id=\"tool-title\">",
        "<p data-criterion=\"AC-005\">Repair encodings</p><h2 id=\"tool-title\">",
    );
    fs::write(&path, moved).unwrap();
    assert_eq!(failing(workspace.path(), &spec()), ["AC-005"]);
}

#[tokio::test]
async fn the_release_says_whose_licences_count() {
    let (workspace, failed) = built(&paid(), &selling()).await;
    assert_eq!(failed, Vec::<String>::new());
    let licence: Value = serde_json::from_slice(&files(workspace.path())["tool/licence.json"]).unwrap();
    let wanted = json!({
        "v": 1, "project": project().to_string(), "tiers": ["starter", "team"], "keys": selling().licence_keys,
        "ended": "ended.json", "checkout": "checkout?tier=starter",
    });
    assert_eq!(licence, wanted);
    // Another key in the release would let someone else sell.
    let path = workspace.path().join("site/tool/licence.json");
    fs::write(&path, licence.to_string().replace("\"eA\"", "\"eB\"")).unwrap();
    assert_eq!(self::failed(workspace.path(), &paid(), &selling()), ["generic-licence"]);

    let mut private = selling();
    private.licence_keys = vec![json!({"kty": "EC", "d": "secret"})];
    let no_prices = |mut spec: ProductSpec| {
        spec.pricing.clear();
        spec
    };
    let mut odd = selling();
    odd.contact = Some("javascript:alert(1)".to_owned());
    for (spec, site) in [
        (paid(), context()),
        (paid(), context().with_project(project())),
        (paid(), private),
        (no_prices(paid()), selling()),
        (spec(), odd),
        (spec(), context().with_interest_path("../x")),
    ] {
        let workspace = tempfile::tempdir().unwrap();
        let builder = SiteBuilder::new(spec, site).with_kits(vec![kit()]);
        let request = AgentRequest::new(workspace.path(), "");
        let error = builder.execute(&at(0), &request, &(), &Cancel::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(!workspace.path().join("site").exists());
    }
}

#[tokio::test]
async fn the_privacy_page_says_what_holds() {
    for (spec, site, says, silent) in [
        (
            paid(),
            selling(),
            vec!["mailto:help@shop.example", "on your device", "licence", "payment page"],
            vec!["No scripts"],
        ),
        (spec(), context(), vec!["No contact was given", "on your device"], vec!["licence that you bought"]),
        (
            planned(),
            context(),
            vec!["No contact was given", "No scripts run", "adds one to a number"],
            vec!["payment page", "uploaded"],
        ),
    ] {
        let (workspace, failed) = built(&spec, &site).await;
        assert_eq!(failed, Vec::<String>::new());
        let page = fs::read_to_string(workspace.path().join("site/privacy.html")).unwrap();
        assert!(says.iter().all(|part| page.contains(part)), "{says:?}: {page}");
        assert!(silent.iter().all(|part| !page.contains(part)), "{silent:?}: {page}");
        for part in ["How long", "Whom to ask", "collect", "No contact was given", "help@shop.example"] {
            if page.contains(part) {
                let path = workspace.path().join("site/privacy.html");
                fs::write(&path, page.replace(part, "x").replace(&part.to_lowercase(), "x")).unwrap();
                assert_eq!(self::failed(workspace.path(), &spec, &site), ["AC-008"], "{part}");
            }
        }
    }
}

#[tokio::test]
async fn a_preview_needs_an_image_that_others_can_show() {
    let image = "http://127.0.0.1:8787/p/csv-tidy/preview.png";
    for other in [
        "preview.png",
        "https://elsewhere.example/preview.png",
        "http://127.0.0.1:8787/p/csv-tidy/favicon.svg",
        "http://127.0.0.1:8787/p/csv-tidy/gone.png",
    ] {
        let workspace = tempfile::tempdir().unwrap();
        build(workspace.path(), &spec()).await;
        let path = workspace.path().join("site/index.html");
        let before = fs::read_to_string(&path).unwrap();
        fs::write(&path, before.replace(image, other)).unwrap();
        assert_eq!(failing(workspace.path(), &spec()), ["generic-social"], "{other}");
    }
}
