/** Buttons that lead through the pages of a list. */

import { count, el } from './dom.js';

/**
 * Fills an element with the pages of a list: which entries are shown, and buttons for the others. The focus stays on the
 * button that was used as long as it can be used.
 */
export function pager(place, { from, size, total, noun, prefix, go }) {
  const focused = document.activeElement?.id;
  const last = Math.max(0, Math.floor((total - 1) / size) * size);
  const button = (name, text, to, off) => el('button', {
    type: 'button', id: `${prefix}-${name}`, class: 'tool-button tool-small', disabled: off, onclick: () => go(to),
  }, text);
  if (total <= size) return place.replaceChildren();
  const buttons = [
    button('first', 'First', 0, from === 0),
    button('prev', 'Previous', Math.max(0, from - size), from === 0),
    button('next', 'Next', from + size, from + size >= total),
    button('last', 'Last', last, from >= last),
  ];
  const words = `${noun} ${count(from + 1)} to ${count(Math.min(from + size, total))} of ${count(total)}`;
  place.replaceChildren(el('span', { 'aria-live': 'polite' }, words), ...buttons);
  const again = buttons.find((one) => one.id === focused);
  if (again) (again.disabled ? buttons.find((one) => !one.disabled) : again)?.focus();
}
