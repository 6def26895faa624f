//! Checks of the parts that machines read.

use scraper::{ElementRef, Html};

use super::{
    Verdict,
    address::{Place, is_absolute},
    document::Page,
    judged,
    pages::Site,
};

pub(super) fn files(site: &Site, paths: &[String]) -> Verdict {
    let missing = paths.iter().filter(|path| !site.files.contains_key(*path));
    judged(
        missing.map(|path| format!("site/{path} is missing: write it")).collect(),
        "every required file is there",
    )
}

pub(super) fn weight(site: &Site, page_bytes_max: u64, total_bytes_max: u64) -> Verdict {
    let size = |bytes: &Vec<u8>| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut problems = Vec::new();
    for (name, bytes) in site.files.iter().filter(|(name, _)| name.ends_with(".html")) {
        if size(bytes) > page_bytes_max {
            problems.push(format!(
                "site/{name} has {} bytes: {page_bytes_max} is the limit of a page",
                bytes.len()
            ));
        }
    }
    let total = site.files.values().fold(0_u64, |sum, bytes| sum.saturating_add(size(bytes)));
    if total > total_bytes_max {
        problems.push(format!(
            "the site has {total} bytes: {total_bytes_max} is the limit; remove what it does not need"
        ));
    }
    judged(problems, format!("{total} bytes in {} files", site.files.len()))
}

/// The value of `<meta property=…>` or `<meta name=…>`.
pub(super) fn meta<'a>(page: &'a Page, wanted: &str) -> Option<&'a str> {
    let named =
        |element: &ElementRef<'_>| element.attr("property").or_else(|| element.attr("name")) == Some(wanted);
    page.named("meta")
        .find(named)
        .and_then(|element| element.attr("content"))
        .filter(|content| !content.trim().is_empty())
}

pub(super) fn social(site: &Site, base_url: &str) -> Verdict {
    let Some(page) = site.page("index.html") else {
        return Err("site/index.html is missing: write it".to_owned());
    };
    let mut problems = Vec::new();
    for name in ["og:title", "og:description", "og:type", "og:url", "description"] {
        if meta(page, name).is_none() {
            problems.push(format!("site/index.html: has no <meta> {name}: add it with text"));
        }
    }
    if meta(page, "og:url").is_some_and(|url| url != base_url) {
        problems.push(format!("site/index.html: og:url is not {base_url:?}: use the address of the site"));
    }
    problems.extend(image_problem(site, page));
    let canonical = page
        .named("link")
        .find(|link| link.attr("rel") == Some("canonical"))
        .and_then(|link| link.attr("href"));
    if canonical != Some(base_url) {
        problems.push(format!(
            "site/index.html: the canonical link is not {base_url:?}: use the address of the site"
        ));
    }
    judged(problems, "the front page has Open Graph tags, an image and its canonical address")
}

/// The image of a preview is a file of the site that other sites can show.
fn image_problem(site: &Site, page: &Page) -> Option<String> {
    let wrong = |what: String| Some(format!("site/index.html: {what}"));
    let Some(address) = meta(page, "og:image") else {
        return wrong(
            "has no <meta> og:image: add it with the address of a PNG or JPEG of the site".to_owned(),
        );
    };
    let place = site.address.resolve(&page.name, address);
    let file = match &place {
        Place::Inside(inside) if is_absolute(address) => site.file_at(&inside.path),
        _ => None,
    };
    let Some(bytes) = file.and_then(|file| site.files.get(file)) else {
        return wrong(format!("og:image {address:?} is not the absolute address of a file of the site"));
    };
    let is_shown =
        [b"\x89PNG\r\n\x1a\n".as_slice(), b"\xFF\xD8\xFF"].iter().any(|start| bytes.starts_with(start));
    if is_shown { None } else { wrong(format!("og:image {address:?} is neither a PNG nor a JPEG: use one")) }
}

pub(super) fn discovery(site: &Site, base_url: &str) -> Verdict {
    let mut problems = Vec::new();
    let map_url = format!("{base_url}sitemap.xml");
    match site.text("robots.txt") {
        None => problems.push("site/robots.txt is missing or not UTF-8: write it".to_owned()),
        Some(robots) => problems.extend(robots_problems(robots, &map_url)),
    }
    match site.text("sitemap.xml") {
        None => problems.push("site/sitemap.xml is missing or not UTF-8: write it".to_owned()),
        Some(map) => problems.extend(map_problems(site, map, base_url)),
    }
    judged(problems, "robots.txt and sitemap.xml agree and name pages that exist")
}

fn robots_problems(robots: &str, map_url: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let fields = robots.lines().filter_map(|line| line.split('#').next()?.split_once(':'));
    let fields: Vec<_> = fields.map(|(key, value)| (key.trim().to_lowercase(), value.trim())).collect();
    if !fields.iter().any(|(key, _)| key == "user-agent") {
        problems.push("site/robots.txt: names no User-agent: begin with \"User-agent: *\"".to_owned());
    }
    if !fields.iter().any(|(key, value)| key == "sitemap" && *value == map_url) {
        problems.push(format!("site/robots.txt: does not name the sitemap {map_url:?}: add the line"));
    }
    problems
}

fn map_problems(site: &Site, map: &str, base_url: &str) -> Vec<String> {
    if !map.trim_start().starts_with("<?xml") || !map.contains("http://www.sitemaps.org/schemas/sitemap/0.9")
    {
        return vec![
            "site/sitemap.xml: is not a sitemap: use <?xml …?> and the schema of sitemaps.org".to_owned(),
        ];
    }
    // The elements of a sitemap are plain enough for the HTML parser, which reads <loc> as an unknown element.
    let parsed = Html::parse_fragment(map);
    let elements = parsed.tree.root().descendants().filter_map(ElementRef::wrap);
    let addresses: Vec<String> = elements
        .filter(|element| element.value().name() == "loc")
        .map(|element| element.text().collect::<String>().trim().to_owned())
        .collect();
    let mut problems = Vec::new();
    if !addresses.iter().any(|address| address == base_url) {
        problems.push(format!("site/sitemap.xml: does not list {base_url:?}: add it"));
    }
    for address in addresses {
        let Some(path) = address.strip_prefix(base_url) else {
            problems.push(format!(
                "site/sitemap.xml: {address:?} is not below {base_url:?}: use absolute addresses"
            ));
            continue;
        };
        if site.file_at(path).is_none() {
            problems
                .push(format!("site/sitemap.xml: {address:?} does not exist: remove it or write the page"));
        }
    }
    problems
}
