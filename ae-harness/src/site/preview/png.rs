//! A PNG of few colours. All that is compressed is a line equal to the one above, of which such images are full.

pub(in crate::site) const WIDTH: usize = 1_200;
pub(in crate::site) const HEIGHT: usize = 630;
/// The bytes of a line: its filter, then four pixels in each.
const ROW: usize = 1 + WIDTH / 4;
/// The most bytes of one copy (RFC 1951, section 3.2.5).
const COPY: usize = 258;
/// How far [`ROW`] is behind the first distance of its code.
const BACK: u32 = 301 - 257;
const _: () = assert!(ROW == 301);

/// Encodes an image whose pixel at a place is one of four colours.
pub(super) fn encode(colours: [[u8; 3]; 3], colour: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    let mut lines = Vec::with_capacity(HEIGHT * ROW);
    for y in 0..HEIGHT {
        lines.push(0);
        lines.extend(
            (0..WIDTH / 4)
                .map(|byte| (0..4).fold(0, |packed, x| packed << 2 | (colour(byte * 4 + x, y) & 3))),
        );
    }
    let size = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let mut header = [size(WIDTH), size(HEIGHT)].concat();
    // Two bits a pixel, by palette, no interlacing.
    header.extend([2, 3, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in
        [(b"IHDR", header), (b"PLTE", colours.concat()), (b"IDAT", zlib(&lines)), (b"IEND", Vec::new())]
    {
        let named = [kind.as_slice(), &content].concat();
        png.extend(size(content.len()));
        png.extend(&named);
        png.extend(crc32(&named).to_be_bytes());
    }
    png
}

/// The zlib form (RFC 1950): one block with the fixed code.
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x78, 0x01], held: 0, count: 0 };
    bits.put(0b011, 3);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let above = at.checked_sub(ROW).and_then(|from| bytes.get(from..)).unwrap_or_default();
        let rest = bytes.get(at..).unwrap_or_default();
        if above.iter().zip(rest).take(COPY).filter(|(above, now)| above == now).count() == COPY {
            // The length code 285, then the distance code 16, which begins at 257 and has seven more bits.
            bits.code(0b1100_0101, 8);
            bits.code(16, 5);
            bits.put(BACK, 7);
            at += COPY;
        } else {
            bits.literal(*byte);
            at += 1;
        }
    }
    // The end of the block.
    bits.code(0, 7);
    let mut out = bits.finish();
    out.extend(adler32(bytes).to_be_bytes());
    out
}

struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    /// Adds the lowest bits of a number, the lowest first.
    fn put(&mut self, bits: u32, count: u32) {
        self.held |= bits << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push((self.held & 0xFF) as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// Adds a code word, which is sent from its highest bit.
    fn code(&mut self, word: u32, count: u32) {
        self.put(word.reverse_bits() >> (32 - count), count);
    }

    fn literal(&mut self, byte: u8) {
        match u32::from(byte) {
            low @ 0..=143 => self.code(0b0011_0000 + low, 8),
            high => self.code(0b1_1001_0000 + high - 144, 9),
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.put(0, (8 - self.count) % 8);
        self.bytes
    }
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_the_standard_ones() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
        assert_eq!(crc32(b"IEND"), 0xAE42_6082);
    }

    #[test]
    fn bits_are_packed_from_the_lowest() {
        // "a" in one fixed block, as zlib itself writes it.
        assert_eq!(zlib(b"a"), [0x78, 0x01, 0x4B, 0x04, 0x00, 0x00, 0x62, 0x00, 0x62]);
    }
}
