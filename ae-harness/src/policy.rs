//! The Content-Security-Policy of a site: its own files, and nothing from elsewhere.

/// The directives that hold in a header and in a page.
macro_rules! directives {
    () => {
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; \
         connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'"
    };
}

/// The policy of every answer. A worker obeys the one of its own file's answer and not that of its page.
pub(crate) const OF_ANSWERS: &str = concat!(directives!(), "; frame-ancestors 'none'");
/// The policy in a page with scripts, for hosts that send no header of ours. A browser ignores `frame-ancestors` there.
pub(crate) const OF_PAGES: &str = directives!();
