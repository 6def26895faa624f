//! Where a word can begin: own tables, since `\b` fails after colour codes and escapes.

/// Whether something new can begin at byte `at`.
pub(super) fn starts_fresh(bytes: &[u8], at: usize) -> bool {
    let Some(before) = bytes.get(..at) else { return false };
    let Some(last) = before.last() else { return true };
    if !last.is_ascii_alphanumeric() && *last != b'_' {
        return true;
    }
    after_escape(before) || after_percent(before) || after_colour(before)
}

/// After `\n`, `\t`, `\r` or `\u0022` as written in a string.
fn after_escape(before: &[u8]) -> bool {
    match before {
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [.., b'\\', b'u', a, b, c, d] => [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit),
        _ => false,
    }
}

/// After `%3D` and the like.
fn after_percent(before: &[u8]) -> bool {
    matches!(before, [.., b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// After the colour code of a terminal, `ESC [ … m`, also where ESC is written out.
fn after_colour(before: &[u8]) -> bool {
    let Some((b'm', rest)) = before.split_last() else { return false };
    let digits = rest.iter().rev().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    let head = rest.get(..rest.len() - digits.min(12)).unwrap_or_default();
    head.ends_with(b"\x1b[")
        || head.ends_with(b"\\x1b[")
        || head.ends_with(b"\\u001b[")
        || head.ends_with(b"\\e[")
}
