/** Which cells are numbers. */

const SAFE = /^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/;
const PLAIN = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

/** Whether writing the cell as a number gives the same characters again, in any program. */
export function isSafeNumber(cell) {
  if (!SAFE.test(cell) || cell === '-0') return false;
  if (!cell.includes('.')) return Number.isSafeInteger(Number(cell));
  return cell.replace(/\D/g, '').replace(/^0+/, '').length <= 15 && cell.length <= 18;
}

/** The value of a cell, or null if it is not a number. With `decimal: ','` a comma is the decimal sign. */
export function numberOf(cell, decimal = '.') {
  const text = cell.trim();
  const plain = decimal === ',' ? text.replaceAll('.', '').replace(',', '.') : text;
  if (!PLAIN.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

/** Looks at all rows of a table and finds its width and the columns of numbers. */
export class Survey {
  constructor() {
    this.width = 0;
    this.filled = [];
    this.other = [];
  }

  /** Adds rows of data (not the names). */
  push(rows) {
    for (const cells of rows) {
      if (cells.length > this.width) this.width = cells.length;
      for (let i = 0; i < cells.length; i++) {
        if (cells[i] === '' || this.other[i]) continue;
        if (isSafeNumber(cells[i])) this.filled[i] = true;
        else this.other[i] = true;
      }
    }
  }

  /** @returns {{width: number, numbers: boolean[]}} what `Writer` wants to know of the rows */
  result() {
    return { width: this.width, numbers: Array.from({ length: this.width }, (_, i) => Boolean(this.filled[i] && !this.other[i])) };
  }
}
