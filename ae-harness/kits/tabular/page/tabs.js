/** Tabs: arrow keys, Home and End move between them, as assistive technology expects. */

import { $, $$ } from './dom.js';

/** Shows one tab's panel and hides the others. */
export function select(tab) {
  for (const other of $$('[role=tab]', tab.parentElement)) {
    const chosen = other === tab;
    other.setAttribute('aria-selected', String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    $(`#${other.getAttribute('aria-controls')}`).hidden = !chosen;
  }
}

/** The tab that a key leads to. */
function next(tabs, at, key) {
  if (key === 'ArrowRight') return tabs[(at + 1) % tabs.length];
  if (key === 'ArrowLeft') return tabs[(at + tabs.length - 1) % tabs.length];
  if (key === 'Home') return tabs[0];
  return key === 'End' ? tabs[tabs.length - 1] : null;
}

/** Makes a list of tabs work; `onSelect` is called with the tab that is shown. */
export function bindTabs(list, onSelect) {
  const tabs = $$('[role=tab]', list);
  const choose = (tab) => {
    select(tab);
    onSelect(tab);
  };
  for (const [at, tab] of tabs.entries()) {
    tab.addEventListener('click', () => choose(tab));
    tab.addEventListener('keydown', (event) => {
      const other = next(tabs, at, event.key);
      if (!other) return;
      event.preventDefault();
      other.focus();
      choose(other);
    });
  }
}
