//! The end of a program's error output, fit to be shown.

use std::collections::VecDeque;

use super::Redactor;

/// The bytes that are kept.
const BYTES_MAX: usize = 64 * 1024;

/// The last 64 KiB of error output.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    kept: VecDeque<u8>,
    is_cut: bool,
}

impl Errors {
    /// Takes a piece.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        let piece = piece.get(piece.len().saturating_sub(BYTES_MAX)..).unwrap_or_default();
        let over = (self.kept.len() + piece.len()).saturating_sub(BYTES_MAX);
        self.is_cut |= over > 0;
        self.kept.drain(..over);
        self.kept.extend(piece);
    }

    /// The text without escapes of terminals, control characters and secrets.
    pub(crate) fn text(&self, redactor: &Redactor) -> String {
        // The place of the cut may lie in a secret.
        let skipped = if self.is_cut { redactor.longest() } else { 0 };
        let bytes: Vec<u8> = self.kept.iter().skip(skipped).copied().collect();
        let plain = without_escapes(&bytes);
        String::from_utf8_lossy(&redactor.bytes(&plain)).trim().to_owned()
    }
}

/// The bytes without the escapes of ECMA-48 and without control characters but tab and line feed.
fn without_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            0x1b => match rest.next() {
                // A control sequence ends with a byte from `@` to `~`.
                Some(b'[') => while rest.next().is_some_and(|byte| !(0x40..=0x7e).contains(&byte)) {},
                // A string ends with BEL or ESC \.
                Some(b']' | b'P' | b'X' | b'^' | b'_') => {
                    while let Some(byte) = rest.next() {
                        if byte == 7 || byte == 0x1b && rest.next_if_eq(&b'\\').is_some() {
                            break;
                        }
                    }
                }
                // One of a character set has one more byte.
                Some(b' '..=b'/') => drop(rest.next()),
                _ => {}
            },
            b'\t' | b'\n' | 0x20..=0x7e | 0x80.. => plain.push(byte),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use ae_core::Secret;

    use super::*;

    #[test]
    fn escapes_and_secrets_go() {
        let mut errors = Errors::default();
        errors.push(b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07key sec\x1b[1mret-1\x1b(B\r\n\xff\x1b[");
        let redactor = Redactor::new(&[Secret::new("secret-1".to_owned())]);
        assert_eq!(errors.text(&redactor), "red key ***\n\u{fffd}");
    }

    #[test]
    fn the_end_is_kept_and_a_secret_at_the_cut_is_not_shown() {
        let mut errors = Errors::default();
        let redactor = Redactor::new(&[Secret::new("secret-1".to_owned())]);
        errors.push(b"secret-1");
        errors.push(&vec![b'x'; BYTES_MAX - 4]);
        let text = errors.text(&redactor);
        assert!(!text.contains("et-1") && text.len() > BYTES_MAX - 99, "{}", &text[..20]);
        errors.push(&vec![b'y'; 10 * BYTES_MAX]);
        assert!(!errors.text(&redactor).contains('x'));
        assert!(errors.kept.len() == BYTES_MAX);
    }
}
