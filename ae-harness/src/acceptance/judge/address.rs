//! Addresses, resolved as a browser does (URL Standard, whatwg.org).

use url::Url;

/// The address of a site.
#[derive(Debug, Clone)]
pub(super) struct Address(Url);

/// The target of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Below the address of the site.
    Inside(Inside),
    /// On the host of the site, outside of it.
    Outside,
    /// Another host, or another scheme than that of the site; holds the scheme.
    Elsewhere(String),
    /// Not an address.
    Unknown,
}

/// A place in the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inside {
    /// The path relative to the site, as it is sent to the host.
    pub(super) path: String,
    /// The text after the question mark.
    pub(super) query: Option<String>,
    /// The text after the hash.
    pub(super) fragment: Option<String>,
}

impl Inside {
    /// The pairs of the query, decoded.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let query = self.query.as_deref().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

impl Address {
    /// Reads the address of a site: `http` or `https`, with a slash at its end, without query and fragment.
    pub(super) fn parse(base_url: &str) -> Option<Self> {
        let base = Url::parse(base_url).ok()?;
        let plain =
            matches!(base.scheme(), "http" | "https") && base.query().is_none() && base.fragment().is_none();
        (plain && base.path().ends_with('/')).then_some(Self(base))
    }

    /// The path of the address.
    pub(super) fn path(&self) -> &str {
        self.0.path()
    }

    /// The target of `href` in the file `name`.
    pub(super) fn resolve(&self, name: &str, href: &str) -> Place {
        let mut from = self.0.clone();
        if let Ok(mut parts) = from.path_segments_mut() {
            parts.pop_if_empty().extend(name.split('/'));
        }
        let Ok(to) = from.join(href) else { return Place::Unknown };
        if to.scheme() != self.0.scheme() || to.origin() != self.0.origin() {
            return Place::Elsewhere(to.scheme().to_owned());
        }
        match to.path().strip_prefix(self.0.path()) {
            Some(path) => Place::Inside(Inside {
                path: path.to_owned(),
                query: to.query().map(str::to_owned),
                fragment: to.fragment().map(str::to_owned),
            }),
            None => Place::Outside,
        }
    }
}

/// Whether an address names its host itself.
pub(super) fn is_absolute(href: &str) -> bool {
    href.trim_start().starts_with("//") || Url::parse(href).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str, href: &str) -> String {
        match Address::parse("http://127.0.0.1:8787/p/x/").unwrap().resolve(name, href) {
            Place::Inside(Inside { path, query, fragment }) => {
                let query = query.map(|query| format!("?{query}")).unwrap_or_default();
                let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
                format!("<{path}{query}{fragment}>")
            }
            Place::Outside => "outside".to_owned(),
            Place::Elsewhere(scheme) => scheme,
            Place::Unknown => "unknown".to_owned(),
        }
    }

    #[test]
    fn addresses_lead_where_a_browser_goes() {
        for (name, href, expected) in [
            ("index.html", "checkout?tier=a b", "<checkout?tier=a%20b>"),
            ("docs/a.html", "checkout", "<docs/checkout>"),
            ("docs/a.html", "../checkout", "<checkout>"),
            ("docs/a.html", "/p/x/checkout", "<checkout>"),
            ("docs/a.html", "../../x/checkout", "<checkout>"),
            ("docs/a.html", "%2e%2e/checkout", "<checkout>"),
            ("docs/a.html", "..\\checkout", "<checkout>"),
            ("docs/a.html", " \tche\nckout ", "<docs/checkout>"),
            ("docs/a.html", "?q", "<docs/a.html?q>"),
            ("docs/a.html", "#f", "<docs/a.html#f>"),
            ("docs/a.html", "", "<docs/a.html>"),
            ("docs/a.html", ".", "<docs/>"),
            ("index.html", "./", "<>"),
            ("index.html", "a/b:c", "<a/b:c>"),
            ("index.html", "http://127.0.0.1:8787/p/x/a", "<a>"),
            ("index.html", "http:a", "<a>"),
            ("index.html", "HTTP://127.0.0.1:8787/p/x/a", "<a>"),
            ("index.html", "//127.0.0.1:8787/p/x/a", "<a>"),
            ("index.html", "/", "outside"),
            ("index.html", "../", "outside"),
            ("index.html", "/p/xy/", "outside"),
            ("index.html", "https://127.0.0.1:8787/p/x/", "https"),
            ("index.html", "http://127.0.0.1/p/x/", "http"),
            ("index.html", "//evil.example/p/x/", "http"),
            ("index.html", "/\\evil.example/p/x/", "http"),
            ("index.html", "\\\\evil.example", "http"),
            ("index.html", "/\t/evil.example", "http"),
            ("index.html", "mailto:a@b", "mailto"),
            ("index.html", "\u{1}java\nscript:x", "javascript"),
            ("index.html", "a:b/c", "a"),
            ("index.html", "http://[", "unknown"),
        ] {
            assert_eq!(at(name, href), expected, "{href:?} in {name}");
        }
    }

    #[test]
    fn the_address_of_a_site_is_plain() {
        assert_eq!(Address::parse("https://h/").unwrap().path(), "/");
        for bad in ["", "/p/x/", "https://h/p", "https://h/?q", "https://h/#f", "ftp://h/", "data:x/"] {
            assert!(Address::parse(bad).is_none(), "{bad}");
        }
    }
}
