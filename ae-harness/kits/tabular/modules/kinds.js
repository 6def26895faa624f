/** The kinds of values that a cell can hold. */

const PLAIN = /^[-+]?[€$£¥]? ?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?: ?[€$£¥%])?$/;
const GROUPED = /^[-+]?[€$£¥]? ?\d{1,3}(?:([,.' \u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?(?: ?[€$£¥%])?$/;
const COMMA = /^[-+]?[€$£¥]? ?\d+,\d+(?: ?[€$£¥%])?$/;
const DATE = /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2}))(?:[ T]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[-+]\d{2}:?\d{2})?)?$/;
const TIME = /^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?$/;
const MAIL = /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/;
const LINK = /^[a-z][a-z0-9+.-]*:\/\/[^\s,;]+$/i;
const NOTHING = /^(?:n\/?a|null|none|nil|nan|-+|\?+|\.+)$/i;

/** Whether a cell says that there is no value. */
export const saysNothing = (cell) => NOTHING.test(cell.trim());

/** The kind of one cell: `number`, `comma` (a number with a decimal comma), `date`, `time`, `mail`, `link` or `text`. */
export function kindOf(cell) {
  const text = cell.trim();
  const first = text.charCodeAt(0);
  // Most texts begin with a letter; no number, date or time does.
  const letter = (first > 64 && first < 91) || (first > 96 && first < 123);
  if (!letter) {
    if (PLAIN.test(text)) return 'number';
    if (DATE.test(text)) return 'date';
    if (TIME.test(text)) return 'time';
    if (GROUPED.test(text)) return 'number';
    if (COMMA.test(text)) return 'comma';
  }
  if (text.includes('@') && MAIL.test(text)) return 'mail';
  if (text.includes('://') && LINK.test(text)) return 'link';
  return 'text';
}

/** The shape of a text: digits as 9, letters as a. */
export const shapeOf = (cell) => cell.replace(/\d/g, '9').replace(/\p{L}/gu, 'a');
