//! The address for questions of visitors.

use super::copy::safe_address;

/// A contact as a link.
#[derive(Debug)]
pub(super) struct Contact<'a> {
    pub(super) href: String,
    pub(super) text: &'a str,
}

impl<'a> Contact<'a> {
    /// Reads an e-mail address, or an `http` or `https` address; `None` for anything else.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        if safe_address(text).is_some() {
            return Some(Self { href: text.to_owned(), text });
        }
        let (name, host) = text.split_once('@')?;
        let is_plain = |part: &str, marks: &[u8]| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || marks.contains(&b))
        };
        let is_address = text.len() <= 254 && is_plain(name, b"._+-") && is_plain(host, b".-");
        is_address.then(|| Self { href: format!("mailto:{text}"), text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_are_linked() {
        let href = |text: &str| Contact::of(text).map(|contact| contact.href);
        assert_eq!(href("help+csv@shop.example").as_deref(), Some("mailto:help+csv@shop.example"));
        assert_eq!(href("https://shop.example/help").as_deref(), Some("https://shop.example/help"));
        for bad in ["", "@", "a@", "a b@c", "a@b?cc=x", "javascript:alert(1)", "a@b@c", "<a>@b"] {
            assert_eq!(href(bad), None, "{bad}");
        }
    }
}
