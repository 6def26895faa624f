//! Checks of what pages refer to.

use scraper::ElementRef;

use super::{Verdict, document::Page, judged, site::Site};

/// Attributes that make a browser fetch something.
const FETCHING: [(&str, &str); 12] = [
    ("img", "src"),
    ("source", "src"),
    ("video", "src"),
    ("video", "poster"),
    ("audio", "src"),
    ("track", "src"),
    ("iframe", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("input", "src"),
    ("link", "href"),
    ("use", "href"),
];
/// Links of the head that name an address without fetching it.
const NAMING_RELS: [&str; 5] = ["canonical", "alternate", "license", "author", "me"];

/// Nothing from elsewhere, no scripts, no inline styles.
pub(super) fn self_contained(site: &Site) -> Verdict {
    let mut problems = Vec::new();
    for page in site.pages() {
        for element in page.elements() {
            problems.extend(foreign(&element).map(|what| format!("site/{}: {what}", page.name)));
        }
    }
    for (name, bytes) in
        site.files().iter().filter(|(name, _)| name.ends_with(".css") || name.ends_with(".svg"))
    {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        let is_svg = name.ends_with(".svg");
        let fetches = text.contains("@import")
            || ["url(http", "url(//", "url('http", "url(\"http", "url('//", "url(\"//"]
                .iter()
                .any(|start| text.contains(start))
            || (is_svg
                && (text.contains("<script") || text.contains("href=\"http") || text.contains("<!entity")));
        if fetches {
            problems.push(format!(
                "site/{name}: fetches from elsewhere or runs a script: put the file into the site"
            ));
        }
    }
    judged(problems, "nothing is fetched from elsewhere and nothing needs a script")
}

fn foreign(element: &ElementRef<'_>) -> Option<String> {
    let name = element.value().name();
    if matches!(name, "script" | "style" | "base" | "applet") {
        return Some(format!("<{name}> is not allowed by the site's policy: remove it"));
    }
    if let Some((attribute, _)) =
        element.value().attrs().find(|(key, _)| key.starts_with("on") || *key == "style")
    {
        return Some(format!("<{name} {attribute}=…> is not allowed by the site's policy: use a class"));
    }
    if name == "meta" && element.attr("http-equiv").is_some_and(|value| value.eq_ignore_ascii_case("refresh"))
    {
        return Some("<meta http-equiv=\"refresh\"> sends people away: use a link".to_owned());
    }
    if let Some(href) =
        element.attr("href").or_else(|| element.attr("action")).or_else(|| element.attr("formaction"))
    {
        let scheme = href.trim_start().to_ascii_lowercase();
        if ["javascript:", "data:", "vbscript:"].iter().any(|start| scheme.starts_with(start)) {
            return Some(format!("<{name}> leads to {:?}: use a plain address", short(href)));
        }
    }
    let names_only = || {
        name == "link"
            && element
                .attr("rel")
                .is_some_and(|rel| rel.split_whitespace().all(|word| NAMING_RELS.contains(&word)))
    };
    let mut fetched =
        FETCHING.iter().filter(|(of, _)| *of == name).filter_map(|(_, attribute)| element.attr(attribute));
    let far = fetched.find(|address| is_far(address) && !address.starts_with("data:image/"));
    if let Some(address) = far.filter(|_| !names_only()) {
        return Some(format!(
            "<{name}> fetches {:?} from elsewhere: put the file into the site",
            short(address)
        ));
    }
    let set = element.attr("srcset")?;
    set.split(',')
        .any(|part| is_far(part.trim()))
        .then(|| format!("<{name} srcset> fetches from elsewhere: put the file into the site"))
}

/// Links inside the site lead somewhere.
pub(super) fn resolve(site: &Site, base_url: &str, checkout_path: &str) -> Verdict {
    let base_path = base_path(base_url);
    let mut problems = Vec::new();
    let mut followed = 0_usize;
    for page in site.pages() {
        for element in page.elements() {
            for attribute in ["href", "src", "action"] {
                let Some(address) = element.attr(attribute) else { continue };
                let Some(inside) = inside(address.trim(), base_url, &base_path) else { continue };
                followed += 1;
                if let Some(why) = broken(site, page, inside, checkout_path) {
                    problems.push(format!(
                        "site/{}: <{}> leads to {:?}, {why}",
                        page.name,
                        element.value().name(),
                        short(address)
                    ));
                }
            }
        }
    }
    judged(problems, format!("{followed} links and references resolve"))
}

/// The part of an address that is about this site: relative, or below its address. `None` for other places.
fn inside<'a>(address: &'a str, base_url: &str, base_path: &str) -> Option<&'a str> {
    if let Some(rest) = address.strip_prefix(base_url) {
        return Some(rest);
    }
    if is_far(address) {
        return None;
    }
    match address.strip_prefix(base_path) {
        Some(rest) if address.starts_with('/') => Some(rest),
        _ => Some(address),
    }
}

fn broken(site: &Site, page: &Page, address: &str, checkout_path: &str) -> Option<String> {
    if address.starts_with('/') {
        return Some("which leaves the site: use a relative link".to_owned());
    }
    let (rest, fragment) =
        address.split_once('#').map_or((address, None), |(rest, fragment)| (rest, Some(fragment)));
    let path = rest.split('?').next().unwrap_or_default();
    if path == checkout_path && !checkout_path.is_empty() {
        return None;
    }
    let folder = page.name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let Some(target) = joined(folder, path) else {
        return Some("which leaves the site: use a relative link".to_owned());
    };
    let target = if path.is_empty() && !address.is_empty() && fragment.is_some() {
        page.name.clone()
    } else if target.is_empty() || target.ends_with('/') {
        format!("{target}index.html")
    } else {
        target
    };
    let found =
        [target.clone(), format!("{target}.html")].into_iter().find(|name| site.files().contains_key(name));
    let Some(found) = found else {
        return Some("which does not exist: write it or correct the link".to_owned());
    };
    let missing = fragment
        .filter(|fragment| !fragment.is_empty())
        .filter(|fragment| site.page(&found).is_some_and(|target| !target.anchors().contains(fragment)))?;
    Some(format!("but site/{found} has no element with the id {missing:?}: add it or correct the link"))
}

/// `path` seen from `folder`, or `None` when it climbs out of the site.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    let mut joined = parts.join("/");
    if path.ends_with('/') && !joined.is_empty() {
        joined.push('/');
    }
    Some(joined)
}

/// The path of an absolute address.
pub(crate) fn base_path(base_url: &str) -> String {
    let after_scheme = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    after_scheme.find('/').and_then(|at| after_scheme.get(at..)).unwrap_or("/").to_owned()
}

/// Whether an address names another host or a scheme.
fn is_far(address: &str) -> bool {
    let scheme = address.split(['/', '?', '#']).next().unwrap_or_default();
    address.starts_with("//") || address.starts_with("\\") || scheme.contains(':')
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        for far in ["https://x/", "//x/y", "mailto:a@b", "JavaScript:x", "\\\\x"] {
            assert!(is_far(far), "{far}");
        }
        for near in ["a.html", "./a", "#x", "?q=a:b", "a/b:c", "/p/x/"] {
            assert!(!is_far(near), "{near}");
        }
        assert_eq!(base_path("http://127.0.0.1:8787/p/x/"), "/p/x/");
        assert_eq!(base_path("http://h"), "/");
        assert_eq!(joined("a/b", "../c.html").as_deref(), Some("a/c.html"));
        assert_eq!(joined("", "../c.html"), None);
        assert_eq!(joined("", "docs/").as_deref(), Some("docs/"));
    }
}
