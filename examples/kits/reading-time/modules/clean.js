// Pasted text without the marks of where it came from.

import { withPlainLines } from "./words.js";

/** {text} → {text}: lines joined within paragraphs, single spaces, one empty line between paragraphs. */
export function clean({ text }) {
  const paragraphs = withPlainLines(text).split(/\n[^\S\n]*\n\s*/);
  const joined = paragraphs.map((paragraph) => paragraph.replace(/\s+/gu, " ").trim());
  return { text: joined.filter((paragraph) => paragraph !== "").join("\n\n") };
}
