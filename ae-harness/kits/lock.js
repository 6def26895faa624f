/**
 * The lock of a tool with paid parts: the form for a licence, and the parts that it opens.
 *
 * The form is built into the element with `data-lock`. Elements with `data-tier="pro"` are inert and disabled until a
 * licence unlocks them, also those that scripts add later. `lock.open` is the answer, `lock.watch(listener)` follows it.
 */

import { Access } from './access.js';

const PAID = '[data-tier="pro"]';

/** A new element with properties and children. */
function make(name, properties, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

class Lock extends Access {
  async start() {
    this.tool = document.getElementById('tool');
    // The controls that this lock disabled: others are the tool's own affair.
    this.disabled = new WeakSet();
    this.mark();
    this.build(this.tool.querySelector('[data-lock]') ?? this.tool.appendChild(make('div')));
    const changes = { childList: true, subtree: true, attributes: true, attributeFilter: ['data-tier', 'disabled', 'inert'] };
    new MutationObserver(() => this.open || this.mark()).observe(this.tool, changes);
    this.show();
    await super.start();
  }

  /** Builds the form. */
  build(box) {
    this.box = box;
    this.state = make('p', { id: 'lock-state' });
    this.state.setAttribute('role', 'status');
    this.field = make('input', { id: 'lock-licence', autocomplete: 'off', spellcheck: false, required: true });
    this.field.setAttribute('aria-describedby', 'lock-state');
    this.buy = make('a', { id: 'lock-buy' }, 'Get a licence');
    this.form = make('form', { id: 'lock-form', action: '#tool' },
      make('label', { htmlFor: 'lock-licence' }, 'Licence from your receipt'), ' ', this.field, ' ',
      make('button', { type: 'submit', className: 'button', id: 'lock-unlock' }, 'Unlock'), ' ', this.buy);
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.use(this.field.value.replace(/\s+/g, ''));
    });
    this.remove = make('button', { type: 'button', id: 'lock-forget' }, 'Remove the licence from this browser');
    this.remove.addEventListener('click', () => this.forget());
    box.replaceChildren(this.state, this.form, this.remove);
  }

  /** Shows the answer and opens or locks the paid parts. */
  show() {
    this.box.hidden = this.release === null;
    this.state.textContent = this.sentence;
    this.form.hidden = this.answer.unlocked;
    this.remove.hidden = !this.token;
    if (this.answer.unlocked) this.field.value = '';
    this.field.setAttribute('aria-invalid', String(this.refused));
    this.buy.href = this.checkout;
    this.mark();
    super.show();
  }

  /** Opens or locks each paid part. */
  mark() {
    for (const part of this.tool.querySelectorAll(PAID)) {
      part.toggleAttribute('inert', !this.open);
      if (!('disabled' in part)) continue;
      if (this.open) {
        if (this.disabled.delete(part)) part.disabled = false;
      } else if (!part.disabled) {
        part.disabled = true;
        this.disabled.add(part);
      }
    }
  }
}

/** The lock of this page. */
export const lock = new Lock();
lock.start();
