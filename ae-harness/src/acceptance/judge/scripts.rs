//! Checks of a site with scripts.

use ae_core::Digest;
use scraper::ElementRef;
use serde_json::Value;

use super::{Verdict, document::Page, judged, pages::Site};
use crate::{
    licence::{FILE, RETURN_PAGE, RETURN_SCRIPT},
    script::imports,
};

/// The ids of the elements that the script of the return page fills.
const RETURN_PARTS: [&str; 5] = ["thanks-state", "thanks-open", "thanks-retry", "thanks-keep", "thanks-link"];

/// Scripts are modules in files of the site, under the policy, and the front page loads one.
pub(super) fn problems(site: &Site, policy: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for page in &site.pages {
        let at = |what: String| format!("site/{}: {what}", page.name);
        problems
            .extend(page.named("script").filter_map(|script| script_problem(site, page, &script)).map(at));
        problems.extend(policy_problem(page, policy).map(at));
    }
    if site.page("index.html").is_some_and(|page| page.named("script").next().is_none()) {
        problems.push("site/index.html: loads no script, so that the tool can't work: add it".to_owned());
    }
    for (name, bytes) in site.files.iter().filter(|(name, _)| is_script(name)) {
        for import in imports(&String::from_utf8_lossy(bytes)) {
            let is_near = ["./", "../"].iter().any(|start| import.starts_with(start));
            if !is_near || site.file_from(name, &import).is_none() {
                let import: String = import.chars().take(80).collect();
                problems.push(format!("site/{name}: imports {import:?}, which is no file of the site"));
            }
        }
    }
    problems
}

fn is_script(name: &str) -> bool {
    [".js", ".mjs"].iter().any(|end| name.ends_with(end))
}

fn script_problem(site: &Site, page: &Page, script: &ElementRef<'_>) -> Option<String> {
    let mut others =
        script.value().attrs().map(|(name, _)| name).filter(|name| !["type", "src"].contains(name));
    if let Some(other) = others.next() {
        return Some(format!("<script {other}> is not allowed: use type=\"module\" and src alone"));
    }
    if script.attr("type") != Some("module") || !script.text().collect::<String>().trim().is_empty() {
        return Some(
            "a <script> is not a module in a file of its own: use type=\"module\" with src".to_owned(),
        );
    }
    let source = script.attr("src").unwrap_or_default();
    let file = site.linked(page, source).filter(|file| is_script(file));
    let source: String = source.chars().take(80).collect();
    file.is_none().then(|| format!("<script> loads {source:?}, which is no script of the site"))
}

/// The page carries the policy, and before anything that loads.
fn policy_problem(page: &Page, policy: &str) -> Option<String> {
    let is_policy = |element: &ElementRef<'_>| {
        let is = |name: &str| {
            element.attr("http-equiv").is_some_and(|value| value.trim().eq_ignore_ascii_case(name))
        };
        element.value().name() == "meta" && is("content-security-policy")
    };
    let mut before = page.elements().take_while(|element| !is_policy(element));
    let is_late = before.any(|element| matches!(element.value().name(), "link" | "script" | "img" | "body"));
    let found: Vec<&str> =
        page.elements().filter(is_policy).filter_map(|meta| meta.attr("content")).collect();
    if found == [policy] && !is_late {
        return None;
    }
    Some(format!(
        "has to carry <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"> once, before anything that loads"
    ))
}

/// The file by which the tool checks licences.
pub(super) fn licence(site: &Site, document: &Value) -> Verdict {
    let found: Option<Value> = site.text(FILE).and_then(|text| serde_json::from_str(text).ok());
    match found {
        Some(found) if found == *document => Ok(format!("site/{FILE} names the keys and tiers of the spec")),
        Some(_) => Err(format!("site/{FILE} is another one than follows from the spec: write {document}")),
        None => Err(format!("site/{FILE} is missing or not JSON: write {document}")),
    }
}

/// The page to which a payment leads back.
pub(super) fn return_page(site: &Site, script: &Digest) -> Verdict {
    let Some(page) = site.page(RETURN_PAGE) else {
        return Err(format!(
            "site/{RETURN_PAGE} is missing: a payment has nowhere to lead back to; write it"
        ));
    };
    let mut problems = Vec::new();
    let sources: Vec<_> = page
        .named("script")
        .map(|script| site.linked(page, script.attr("src").unwrap_or_default()))
        .collect();
    if sources != [Some(RETURN_SCRIPT)] {
        problems.push(format!("site/{RETURN_PAGE}: has to load site/{RETURN_SCRIPT} and no other script"));
    }
    let found = site.files.get(RETURN_SCRIPT).map(|bytes| Digest::of_bytes("return-script", bytes));
    if found.as_ref() != Some(script) {
        problems.push(format!("site/{RETURN_SCRIPT} is missing or was changed: put the original back"));
    }
    for part in RETURN_PARTS {
        if page.elements().filter(|element| element.attr("id") == Some(part)).count() != 1 {
            problems.push(format!("site/{RETURN_PAGE}: has no element with the id {part:?}: add it"));
        }
    }
    let is_status = |element: ElementRef<'_>| {
        element.attr("id") == Some("thanks-state") && element.attr("role") == Some("status")
    };
    if !page.elements().any(is_status) {
        problems
            .push(format!("site/{RETURN_PAGE}: #thanks-state needs role=\"status\", so that it is read out"));
    }
    judged(problems, format!("site/{RETURN_PAGE} exchanges a payment for a licence"))
}
