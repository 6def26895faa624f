import assert from 'node:assert/strict';
import test from 'node:test';

import { mend, repair } from '../modules/repair.js';

const ids = (list) => list.map(({ id }) => id).join(' ');

/** Texts, and what is done and asked by a repair, with the rows where they say more. */
const CASES = [
  ['a separator at the end of each row', 'a,b\n1,2,\n3,4,\n', 'empty_tail:2 empty_tail:3', '', [['a', 'b'], ['1', '2'], ['3', '4']]],
  ['each row in quotes', '"id,name"\n"1,fern"\n"2,""moss"""\n', 'quoted_row:1 quoted_row:2 quoted_row:3', '', [['id', 'name'], ['1', 'fern'], ['2', 'moss']]],
  ['commas in one row of a file with semicolons', 'id;name;n\n1;fern;3\n2,moss,4\n3;reed;5\n', 'other_delimiter:3', '', [['id', 'name', 'n'], ['1', 'fern', '3'], ['2', 'moss', '4'], ['3', 'reed', '5']]],
  ['a thousands separator', 'id,amount\n1,500\n2,1,234\n3,700\n', 'joined_cells:3', '', [['id', 'amount'], ['1', '500'], ['2', '1,234'], ['3', '700']]],
  ['two commas in one cell', 'id,street,zip\n1,Main St 4,00501\n2,Elm Rd 9, Flat 3, Left,00544\n', 'joined_cells:3', '', [['id', 'street', 'zip'], ['1', 'Main St 4', '00501'], ['2', 'Elm Rd 9, Flat 3, Left', '00544']]],
  ['an object without doubled quotes', 'id,data\n1,"{"a":1,"b":[2,3]}"\n2,"{}"\n', 'unescaped_quote:2', '', [['id', 'data'], ['1', '{"a":1,"b":[2,3]}'], ['2', '{}']]],
  ['a broken row with a blank line in it', 'id,note,ok\n1,first\n\nmiddle\nlast,yes\n2,whole,no\n', 'joined_lines:2', '', [['id', 'note', 'ok'], ['1', 'first\n\nmiddle\nlast', 'yes'], ['2', 'whole', 'no']]],
  ['a broken row keeps its kind of line end', 'id,note,ok\r\n1,first\r\nlast,yes\r\n2,whole,no\r\n', 'joined_lines:2', '', [['id', 'note', 'ok'], ['1', 'first\r\nlast', 'yes'], ['2', 'whole', 'no']]],
  ['a lost quote in the last row', 'id,t\n1,a\n2,"open', 'unclosed_quote:3', '', [['id', 't'], ['1', 'a'], ['2', 'open']]],
  ['a lost quote among cells of several lines', 'id,t\n1,"two\nlines"\n2,"open\n3,c\n4,"x\ny"\n', 'unclosed_quote:4', '', [['id', 't'], ['1', 'two\nlines'], ['2', 'open'], ['3', 'c'], ['4', 'x\ny']]],
  ['two lost quotes', 'id,t\n1,"open\n2,b\n3,"wide\n4,c\n', 'unclosed_quote:2 unclosed_quote:4', '', [['id', 't'], ['1', 'open'], ['2', 'b'], ['3', 'wide'], ['4', 'c']]],
  ['spaces around all quotes', '"a", "b", "c"\n"1", "x, y", "2"\n', 'space_around_quotes:1 space_around_quotes:2', '', [['a', 'b', 'c'], ['1', 'x, y', '2']]],
  ['a comma in a file of one column', 'town\nBergen, Norway\nOslo\nVik\n', 'joined_cells:2', '', [['town'], ['Bergen, Norway'], ['Oslo'], ['Vik']]],
  ['a value that is missing inside', 'id,street,zip\n1,Main 4,00501\n2,00544\n3,Oak 1,01230\n', '', 'short_row:3'],
  ['quotes that make no sense', 'id,t\n1,""fern""\n2,moss\n', '', 'unclosed_quote:2', [['id', 't'], ['1', '""fern""'], ['2', 'moss']]],
  ['remarks above the table', '# made today\n# by us\nid,n\n1,2\n3,4\n', '', 'title_line:1 title_line:2'],
  ['names of rows without a name', 'name,age\n1,Ann,33\n2,Bob,44\n', '', 'short_header:1'],
  ['a sum at the end', 'id,name,n\n1,ann,22\n2,bob,33\nTotal: 2 rows\n', '', 'short_row:4'],
  ['another table below', 'id,n\n1,22\n2,33\n\nname,town,zip\nAnn,Oslo,0150\n', 'blank_line:4', 'long_row:5 long_row:6'],
  ['files appended with their marks', '\ufeffid,n\n1,2\n\ufeffid,n\n3,4\n', 'byte_mark:1 repeated_header:3', '', [['id', 'n'], ['1', '2'], ['3', '4']]],
  ['a hint and a mark', '\ufeffsep=;\na;b\n1;2\n', 'separator_line:1', '', [['a', 'b'], ['1', '2']]],
  ['names only', 'id,name,zip\n', '', '', [['id', 'name', 'zip']]],
  ['nothing', '', '', '', []],
  ['blank lines only', ' \n\n', 'blank_line:1 blank_line:2', '', []],
  ['explicit empty texts are not an empty row', 'a,b\n"",""\n1,2\n', '', '', [['a', 'b'], ['', ''], ['1', '2']]],
  ['a quoted cell is not joined', 'id,a,b\n1,x,y\n2,"p",q,r\n', 'joined_cells:3', '', [['id', 'a', 'b'], ['1', 'x', 'y'], ['2', 'p', 'q,r']]],
  ['columns keep their sound texts', 'a,b\n 5" ,it\'s\n', '', 'outer_spaces:column-1'],
];

for (const [name, text, changes, asks, rows] of CASES) {
  test(`repairs ${name}`, () => {
    const result = repair({ text });
    assert.deepEqual({ changes: ids(result.changes), asks: ids(result.asks) }, { changes, asks });
    if (rows) assert.deepEqual(result.rows, rows);
    const again = repair(mend({ text }));
    assert.deepEqual([again.rows, ids(again.changes)], [result.rows, '']);
  });
}

test('each change can be taken back alone', () => {
  const text = 'id,street,zip,word\n1,Main St 4,00501,"a "b" c"\n\n2,Elm Rd 9, Flat 3,00544,x\n3,Oak 1,01230\nid,street,zip,word\n4,"Pine 7,01111,y\n5,Ash 2,02222,z\n';
  const all = repair({ text });
  assert.equal(ids(all.changes), 'unescaped_quote:2 blank_line:3 joined_cells:4 short_row:5 repeated_header:6 unclosed_quote:7');
  for (const { id, kind } of all.changes) {
    const others = ids(all.changes.filter((change) => change.id !== id));
    assert.equal(ids(repair({ text, undo: [id] }).changes), others, id);
    assert.equal(ids(repair({ text, undo: [kind] }).changes), others, kind);
  }
});

test('each question can be answered', () => {
  const answered = (text, accept) => repair({ text, accept });
  assert.deepEqual(answered('plant\nfern,12\nmoss,34\n', ['short_header:1']).rows[0], ['plant', '']);
  assert.deepEqual(answered('plant\nfern,12\nmoss,34\n', ['short_header:1#1']).rows[0], ['', 'plant']);
  assert.deepEqual(answered('a,b\n x ,1\ny ,2\n', ['outer_spaces:column-1']).rows, [['a', 'b'], ['x', '1'], ['y', '2']]);
  assert.deepEqual(answered('id,t\n1,""fern""\n2,moss\n', ['unclosed_quote:2']).rows[1], ['1', 'fern']);
  assert.deepEqual(answered('x,y\np,q\nx,y\n', ['repeated_header']).rows, [['x', 'y'], ['p', 'q']]);
  for (const text of ['plant\nfern,12\nmoss,34\n', 'a,b\n1,2,lost\n3,4\n', 'id,t\n1,""fern""\n']) {
    const { asks } = repair({ text });
    const done = answered(text, asks.map(({ id }) => id));
    assert.equal(done.asks.length, 0);
    assert.equal(ids(done.changes), ids(asks));
  }
});

test('the caller can overrule the guesses', () => {
  assert.equal(repair({ text: 'a;b\n1;2\n', delimiter: ',' }).rows[0].length, 1);
  const text = 'x,5\ny,6\nx,5\n';
  assert.equal(repair({ text, header: true }).changes.length, 1);
  assert.equal(repair({ text, header: false }).changes.length, 0);
});

test('the order of columns does not matter', () => {
  const lines = [['id', 'street', 'zip'], ['1', 'Main St 4', '00501'], ['2', 'Elm Rd 9, Flat 3', '00544'], ['3', 'Oak 1', '01230']];
  for (const order of [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]]) {
    const rows = lines.map((line) => order.map((i) => line[i]));
    const result = repair({ text: rows.map((row) => row.join(',')).join('\n') });
    assert.deepEqual(result.rows, rows);
    assert.equal(result.changes[0].column, 'street');
  }
});

test('a big file is learned from its begin, middle and end', () => {
  const lines = ['id,street,zip'];
  for (let i = 1; i <= 20000; i++) lines.push(`${i},Main St ${i % 90},${10000 + (i % 89999)}`);
  lines[15000] = '15000,Main St 9, Flat 3,44444';
  lines[19999] = '19999,Elm "x';
  const result = repair({ text: lines.join('\r\n') });
  assert.equal(ids(result.changes), 'joined_cells:15001 short_row:20000');
  assert.deepEqual(result.rows[15000], ['15000', 'Main St 9, Flat 3', '44444']);
});
