// The parts of a text, and the time that it takes.

import { wordsOf, withPlainLines } from "./words.js";

/** {text} → the number of words, characters (with and without spaces), sentences and paragraphs. */
export function count({ text }) {
  const plain = withPlainLines(text);
  const characters = [...plain.replace(/\n/g, "")];
  return {
    words: wordsOf(plain).length,
    characters: characters.length,
    withoutSpaces: characters.filter((c) => !/\s/u.test(c)).length,
    sentences: plain.split(/[.!?…]+(?=\s|$)/u).filter((part) => wordsOf(part).length > 0).length,
    paragraphs: plain.split(/\n\s*\n/).filter((part) => part.trim() !== "").length,
  };
}

/** {text, wordsPerMinute} → the seconds that it takes at this pace, and the same in words. */
export function time({ text, wordsPerMinute }) {
  if (!(wordsPerMinute > 0)) {
    return { error: "The pace has to be a number above 0." };
  }
  const seconds = Math.ceil((wordsOf(text).length * 60) / wordsPerMinute);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return { seconds, shown: minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s` };
}

/** {text, most} → the most frequent words in lower case, the more frequent first, then in order of appearance. */
export function frequent({ text, most }) {
  const counts = new Map();
  for (const word of wordsOf(text)) {
    const key = word.toLowerCase();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return { words: sorted.slice(0, most).map(([word, times]) => ({ word, times })) };
}
