/** Small helpers for the document. */

/** The first element that matches. */
export const $ = (selector, root = document) => root.querySelector(selector);

/** All elements that match. */
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A new element; text children become text nodes, so that a file's content is never read as markup. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (typeof value === 'boolean') node.toggleAttribute(key, value);
    else if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A new element of a drawing. */
export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** A list of choices; each is a text or [value, text]. */
export function options(select, choices, chosen) {
  select.replaceChildren(...choices.map((choice) => {
    const [value, text] = Array.isArray(choice) ? choice : [choice, choice];
    return el('option', { value, selected: value === chosen }, text);
  }));
}

/** A whole number with groups of three, for reading. */
export const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, '\u202f');

/** A number with its noun. */
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** A size for reading. */
export function size(bytes) {
  if (bytes < 1000) return plural(bytes, 'byte');
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Offers bytes as a download, and gives the memory back. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = el('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the address when the click is handled; a big file needs it until then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
