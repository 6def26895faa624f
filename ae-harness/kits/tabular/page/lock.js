/** The lock of the page: the form for a licence, and the parts of the tool that it opens. */

import { Access } from './access.js';
import { $, $$ } from './dom.js';

/** Keeps the paid parts of the tool open or locked. */
export class Lock extends Access {
  async start() {
    this.bind();
    await super.start();
  }

  async take(token) {
    $('#tool-licence-section').open = true;
    await super.take(token);
  }

  /** Connects the form. */
  bind() {
    $('#tool-licence-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.use($('#tool-licence').value.replace(/\s+/g, ''));
    });
    $('#tool-licence-forget').addEventListener('click', () => this.forget());
  }

  /** Shows the answer and opens or locks the paid parts. */
  show() {
    const tool = $('#tool');
    $('#tool-licence-section').hidden = this.release === null;
    $('#tool-licence-state').textContent = this.sentence;
    $('#tool-licence-form').hidden = this.answer.unlocked;
    $('#tool-licence-forget').hidden = !this.token;
    if (this.answer.unlocked) $('#tool-licence').value = '';
    $('#tool-licence').setAttribute('aria-invalid', String(this.refused));
    if (this.refused) $('#tool-licence-section').open = true;
    for (const link of $$('[data-checkout]', tool)) link.href = this.checkout;
    for (const part of $$('[data-tier="pro"]', tool)) part.toggleAttribute('data-locked', !this.open);
    for (const note of $$('[data-lock-note]', tool)) note.hidden = this.open;
    for (const set of $$('fieldset[data-paid]', tool)) set.disabled = !this.open;
    super.show();
  }
}
