//! Checks of links and references.

use scraper::ElementRef;

use super::{
    Verdict,
    address::{Inside, Place, is_absolute},
    document::Page,
    judged,
    pages::Site,
    scripts,
};
use crate::acceptance::AcceptancePlan;

/// The page that the host shows for a missing one, at any depth.
const ERROR_PAGE: &str = "404.html";
/// Attributes that hold an address.
const NAMING: [&str; 6] = ["href", "src", "action", "formaction", "poster", "data"];
/// Links of the head that name an address without fetching it.
const NAMING_RELS: [&str; 5] = ["canonical", "alternate", "license", "author", "me"];

/// Nothing from elsewhere, no inline scripts or styles; scripts only under `policy`.
pub(super) fn self_contained(site: &Site, policy: Option<&str>) -> Verdict {
    let mut problems = policy.map(|policy| scripts::problems(site, policy)).unwrap_or_default();
    for page in &site.pages {
        for element in
            page.elements().filter(|element| policy.is_none() || element.value().name() != "script")
        {
            problems.extend(foreign(site, page, &element).map(|what| format!("site/{}: {what}", page.name)));
        }
    }
    for (name, address) in site.sheets.fetched() {
        if is_far(&site.address.resolve(name, address)) {
            problems.push(format!(
                "site/{name}: fetches {:?} from elsewhere: put the file into the site",
                short(address)
            ));
        }
    }
    for (name, bytes) in site.files.iter().filter(|(name, _)| name.ends_with(".svg")) {
        if is_active_image(&String::from_utf8_lossy(bytes)) {
            problems.push(format!(
                "site/{name}: fetches from elsewhere or runs a script: put the file into the site"
            ));
        }
    }
    let scripts =
        if policy.is_some() { "scripts are modules of the site's own" } else { "nothing needs a script" };
    judged(problems, format!("nothing is fetched from elsewhere and {scripts}"))
}

fn is_active_image(svg: &str) -> bool {
    let text = svg.to_lowercase();
    let fetches = ["url(http", "url(//", "url('http", "url(\"http", "url('//", "url(\"//", "@import"];
    let marks = ["<script", "href=\"http", "href='http", "href=\"//", "href='//", "<!entity"];
    fetches.iter().chain(&marks).any(|mark| text.contains(mark))
}

fn foreign(site: &Site, page: &Page, element: &ElementRef<'_>) -> Option<String> {
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
    // Names without their prefix, so that `xlink:href` is one of them.
    for (_, address) in element.value().attrs().filter(|(key, _)| NAMING.contains(key)) {
        if matches!(site.address.resolve(&page.name, address), Place::Elsewhere(scheme)
            if matches!(scheme.as_str(), "javascript" | "vbscript" | "blob" | "data"))
        {
            return Some(format!("<{name}> leads to {:?}: use a plain address", short(address)));
        }
    }
    let names_only = name == "link"
        && element
            .attr("rel")
            .is_some_and(|rel| rel.split_whitespace().all(|word| NAMING_RELS.contains(&word)));
    // A browser fetches whatever is named, but for the end of a link and of a form.
    let fetches = |key: &str| match key {
        "src" | "poster" | "data" => true,
        _ => key == "href" && !matches!(name, "a" | "area"),
    };
    let fetched = element.value().attrs().filter(|(key, _)| fetches(key));
    let candidates = element.attr("srcset").into_iter().flat_map(candidates);
    let mut all = fetched.map(|(_, address)| address).chain(candidates).filter(|_| !names_only);
    let far = all.find(|address| is_far(&site.address.resolve(&page.name, address)))?;
    Some(format!("<{name}> fetches {:?} from elsewhere: put the file into the site", short(far)))
}

/// Whether a browser would fetch it from another place than the site. The policy forbids `data:` too.
fn is_far(place: &Place) -> bool {
    !matches!(place, Place::Inside(_))
}

/// The addresses of a `srcset` (HTML Living Standard, "parse a srcset attribute").
fn candidates(set: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = set;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        let (address, after) =
            rest.split_at(rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len()));
        if address.is_empty() {
            return found;
        }
        found.push(address.trim_end_matches(','));
        rest = match address.ends_with(',') {
            true => after,
            false => after.split_once(',').map_or("", |(_, next)| next),
        };
    }
}

/// Links inside the site lead somewhere.
pub(super) fn resolve(site: &Site, plan: &AcceptancePlan) -> Verdict {
    let mut problems = Vec::new();
    let mut followed = 0_usize;
    for page in &site.pages {
        if page.has_base() {
            problems.push(format!("site/{}: <base> changes where every link leads: remove it", page.name));
            continue;
        }
        for element in page.elements() {
            let attributes = element.value().attrs().filter(|(key, _)| NAMING.contains(key));
            // A form is posted to a path that answers nothing else.
            let posts = |key: &str, address: &str| {
                let place = site.address.resolve(&page.name, address);
                key == "action" && matches!(place, Place::Inside(inside) if inside.path == plan.interest_path)
            };
            let named = attributes.filter(|(key, address)| !posts(key, address)).map(|(_, address)| address);
            for address in named.chain(element.attr("srcset").into_iter().flat_map(candidates)) {
                let why = match broken(site, page, address, &plan.checkout_path) {
                    Found::Elsewhere => continue,
                    Found::Here => None,
                    Found::Nowhere(why) => Some(why),
                };
                followed += 1;
                problems.extend(why.map(|why| {
                    let name = element.value().name();
                    format!("site/{}: <{name}> leads to {:?}, {why}", page.name, short(address))
                }));
            }
        }
    }
    judged(problems, format!("{followed} links and references resolve"))
}

/// The end of a link.
enum Found {
    Here,
    Elsewhere,
    Nowhere(String),
}

fn broken(site: &Site, page: &Page, address: &str, checkout_path: &str) -> Found {
    let nowhere = |why: &str| Found::Nowhere(why.to_owned());
    let place = site.address.resolve(&page.name, address);
    let inside = match &place {
        Place::Inside(inside) => inside,
        Place::Elsewhere(_) => return Found::Elsewhere,
        Place::Outside if is_absolute(address) => return Found::Elsewhere,
        Place::Outside => return nowhere("which leaves the site: use a relative link"),
        Place::Unknown => return nowhere("which is not an address: correct it"),
    };
    let is_fragment = address.trim_start().starts_with('#');
    if page.name == ERROR_PAGE && !is_fragment && site.address.resolve("a/404.html", address) != place {
        let path = site.address.path();
        return Found::Nowhere(format!(
            "but the error page answers at any depth, where that leads elsewhere: begin with {path:?}"
        ));
    }
    if inside.path == checkout_path && !checkout_path.is_empty() {
        return Found::Here;
    }
    let Some(found) = site.file_at(&inside.path) else {
        return nowhere("which does not exist: write it or correct the link");
    };
    match missing_anchor(site, found, inside) {
        None => Found::Here,
        Some(missing) => Found::Nowhere(format!(
            "but site/{found} has no element with the id {missing:?}: add it or correct the link"
        )),
    }
}

/// The fragment, if the page has no element for it (HTML Living Standard, "scroll to the fragment").
fn missing_anchor(site: &Site, found: &str, inside: &Inside) -> Option<String> {
    let raw = inside.fragment.as_deref().filter(|raw| !raw.is_empty() && !raw.eq_ignore_ascii_case("top"))?;
    let anchors = site.page(found)?.anchors();
    let decoded = percent_decoded(raw);
    (!anchors.contains(raw) && !anchors.contains(decoded.as_str())).then_some(decoded)
}

fn percent_decoded(text: &str) -> String {
    // A plus sign means itself in a fragment, unlike in a form.
    let pairs = text.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    url::form_urlencoded::parse(pairs.as_bytes()).map(|(key, _)| key.into_owned()).collect()
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_images_is_cut_where_a_browser_cuts_it() {
        for (set, expected) in [
            ("a.png 1x, b.png 2x", vec!["a.png", "b.png"]),
            ("a.png 1x,b.png 2x", vec!["a.png", "b.png"]),
            ("a.png, b.png", vec!["a.png", "b.png"]),
            (" ,a,b.png 300w", vec!["a,b.png"]),
            ("", vec![]),
        ] {
            assert_eq!(candidates(set), expected, "{set}");
        }
    }

    #[test]
    fn fragments_are_decoded() {
        assert_eq!(percent_decoded("a+b=c&d%20%C3%A9"), "a+b=c&d é");
    }
}
