/** The task at work: one long task at a time, its progress in words and as a bar, cancel, and errors. */

import { $, count } from './dom.js';

/** Runs long requests one after the other and shows how far they are. */
export class Activity {
  constructor(client, permits) {
    this.client = client;
    this.permits = permits;
    this.current = null;
    $('#tool-cancel').addEventListener('click', () => this.cancel());
  }

  /** Ends the task at work. */
  cancel() {
    if (this.current) this.client.cancel(this.current.id);
  }

  /**
   * Runs a request that may take long; a task that is at work is ended first. Resolves to the answer, or to undefined
   * if it was cancelled or failed, which is then shown.
   */
  async run(request, words, done = () => '') {
    if (!this.permits(request)) return void this.error('This belongs to the paid plan.');
    this.cancel();
    await this.current?.catch(() => {});
    this.error(null);
    this.say(`${words} …`);
    this.show(0);
    let spoken = Date.now();
    const task = this.client.ask(request, ({ share, rows }) => {
      this.show(share);
      if (Date.now() - spoken < 2000) return;
      spoken = Date.now();
      this.say(`${words}: ${Math.round(share * 100)} %${rows ? `, ${count(rows)} rows` : ''}`);
    });
    this.current = task;
    try {
      const result = await task;
      this.say(done(result));
      return result;
    } catch (error) {
      if (error.kind === 'cancelled') this.say('Cancelled. Nothing was changed.');
      else {
        this.say('');
        this.error(error.message);
      }
      return undefined;
    } finally {
      if (this.current === task) {
        this.current = null;
        $('#tool-busy').hidden = true;
        $('#tool').removeAttribute('aria-busy');
      }
    }
  }

  /** Says a sentence in the live region. */
  say(text) {
    $('#tool-status').textContent = text;
  }

  /** Shows an error, or takes it away. */
  error(text) {
    $('#tool-error').textContent = text ?? '';
    $('#tool-error').hidden = !text;
  }

  /** Shows the bar. */
  show(share) {
    $('#tool').setAttribute('aria-busy', 'true');
    $('#tool-busy').hidden = false;
    $('#tool-progress').value = Math.round(share * 100);
  }
}
