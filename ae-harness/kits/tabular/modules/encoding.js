/** Names the encoding of a text file by its first bytes. */

const MARKS = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];

/**
 * The encoding of a file, from its first bytes (some thousand are enough).
 * @param {{bytes?: ArrayLike<number>, binary?: string}} given the bytes, or a text with one character a byte as `atob` gives it
 * @returns {{encoding: string, mark: number}} a name that `TextDecoder` knows, and the length of the byte order mark
 */
export function nameEncoding({ binary, bytes = Array.from(binary, (char) => char.charCodeAt(0)) }) {
  for (const mark of MARKS) {
    if (mark.bytes.every((byte, i) => bytes[i] === byte)) return { encoding: mark.encoding, mark: mark.bytes.length };
  }
  const wide = wideEncoding(bytes);
  if (wide) return { encoding: wide, mark: 0 };
  return { encoding: isUtf8(bytes) ? 'utf-8' : 'windows-1252', mark: 0 };
}

/** UTF-16 without a mark: half of the bytes are zero, all on the same side. */
function wideEncoding(bytes) {
  const pairs = Math.min(bytes.length >> 1, 2048);
  if (pairs < 2) return null;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < pairs; i++) {
    if (bytes[2 * i] === 0) even++;
    if (bytes[2 * i + 1] === 0) odd++;
  }
  if (odd > pairs * 0.4 && even < pairs * 0.1) return 'utf-16le';
  if (even > pairs * 0.4 && odd < pairs * 0.1) return 'utf-16be';
  return null;
}

/** Whether the bytes are UTF-8, except for a character that the end cuts in two. */
function isUtf8(bytes) {
  const end = bytes.length;
  for (let i = 0; i < end; ) {
    const first = bytes[i];
    const size = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    if (size === 0) return false;
    for (let k = 1; k < size; k++) {
      if (i + k >= end) return true;
      const byte = bytes[i + k];
      if (byte < 0x80 || byte > 0xbf) return false;
      // Overlong forms, surrogates and numbers above the last character are not UTF-8.
      if (k === 1 && ((first === 0xe0 && byte < 0xa0) || (first === 0xed && byte > 0x9f))) return false;
      if (k === 1 && ((first === 0xf0 && byte < 0x90) || (first === 0xf4 && byte > 0x8f))) return false;
    }
    i += size;
  }
  return true;
}
