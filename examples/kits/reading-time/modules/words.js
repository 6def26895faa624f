// Words and lines of a text. Nothing here touches the page, so that each function can be run anywhere.

const WORD = /[\p{L}\p{N}]+(?:['’\-][\p{L}\p{N}]+)*/gu;

/** The words of a text: letters and digits, with hyphens and apostrophes inside. */
export function wordsOf(text) {
  return text.match(WORD) ?? [];
}

/** The text with one kind of line end. */
export function withPlainLines(text) {
  return text.replace(/\r\n?/g, "\n");
}
