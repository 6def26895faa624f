import assert from 'node:assert/strict';
import test from 'node:test';

import { toCsv, fromCsv } from '../modules/convert.js';
import { detectDelimiter, guessHeader } from '../modules/detect.js';
import { nameEncoding } from '../modules/encoding.js';
import { parse, parsePieces } from '../modules/read.js';
import { Reader } from '../modules/reader.js';

const rows = (text, delimiter = ',') => parse({ text, delimiter }).rows;

/** Sound files: the text and its rows. */
const SOUND = {
  'one row without an end': ['a,b,c', [['a', 'b', 'c']]],
  'quoted cells next to each other': ['"a","b"\n"c","d"\n', [['a', 'b'], ['c', 'd']]],
  'comma in quotes': ['name,place\nAnn,"Oslo, Norway"\n', [['name', 'place'], ['Ann', 'Oslo, Norway']]],
  'line ends in quotes': ['a,b\n"one\ntwo\r\nthree\rfour",x\n', [['a', 'b'], ['one\ntwo\r\nthree\rfour', 'x']]],
  'only quotes in a cell': ['a,b\n"""",""""""\n', [['a', 'b'], ['"', '""']]],
  'a doubled quote at each end': ['a\n"""x"""\n', [['a'], ['"x"']]],
  'an object in a cell': ['k,v\n1,"{""t"": ""p"", ""c"": [1.5, 2]}"\n', [['k', 'v'], ['1', '{"t": "p", "c": [1.5, 2]}']]],
  'empty cells': ['a,b,c\n1,,\n,,3\n', [['a', 'b', 'c'], ['1', '', ''], ['', '', '3']]],
  'empty cells in quotes': ['a,b\n"",""\n', [['a', 'b'], ['', '']]],
  'letters of all kinds': ['a\nʤ\n😀é\n漢\n', [['a'], ['ʤ'], ['😀é'], ['漢']]],
  'rows of different widths': ['a\nb,c\nd,e,f\n', [['a'], ['b', 'c'], ['d', 'e', 'f']]],
  'a quote in the middle': ['a b"c,d\n', [['a b"c', 'd']]],
  'a quote after spaces': [' "a",b\n', [[' "a"', 'b']]],
  'a quote that does not close': ['"a "b" c",d\n', [['a "b" c', 'd']]],
  'a quote left open runs to the end': ['a,"b\nc,d\n', [['a', 'b\nc,d\n']]],
  'a lone separator': [',\n', [['', '']]],
  'null characters': ['a\u0000,b\n', [['a\u0000', 'b']]],
  'blank lines everywhere': ['\n\na,b\n\n1,2\n\n', [['a', 'b'], ['1', '2']]],
};

for (const [name, [text, expected]] of Object.entries(SOUND)) {
  test(`reads ${name}`, () => {
    assert.deepEqual(rows(text), expected);
    for (let cut = 0; cut <= text.length; cut++) {
      assert.deepEqual(parsePieces({ pieces: [text.slice(0, cut), text.slice(cut)], delimiter: ',' }).rows, expected, `cut at ${cut}`);
    }
  });
}

test('reads with any separator', () => {
  for (const delimiter of [';', '\t', '|', '^', '~', '\u001f', ' ']) {
    assert.deepEqual(rows(['a', '"x', 'y"', 'b'].join(delimiter), delimiter), [['a', `x${delimiter}y`, 'b']]);
  }
});

test('numbers rows by their first line', () => {
  const { lines } = parsePieces({ pieces: ['a\r\n"b\r\nc\rd\ne"\r\rf\n'], delimiter: ',' });
  assert.deepEqual(lines, [1, 2, 7]);
});

test('remembers which cells were quoted', () => {
  const [first, second] = new Reader({ delimiter: ',' }).push('a,"",b\nc,,d\n');
  assert.deepEqual(first.quoted, [false, true, false]);
  assert.equal(second.quoted, null);
});

test('a row that never ends is not read again and again', () => {
  const reader = new Reader({ delimiter: ',', mend: true });
  let count = reader.push('a,b\n1,"open\n').length;
  for (let i = 0; i < 3000; i++) count += reader.push(`${i},"x ${'y'.repeat(300)}\n`).length;
  count += reader.end().length;
  assert.equal(count, 3002);
});

const SEPARATORS = {
  ';': ['a;b\n1,5;2,5\n3,5;4\n', 'name;text\nAnn;one, two, three\nBob;four\n', 'a;b;c\n"x,y,z";1;2\n"p,q,r";3;4\n', 'x;y\n'],
  ',': ['a,b\n1;2,3\n', 'date,time,value\n2024-01-01,10:00:00,1\n2024-01-02,11:30:00,2\n', 'when,what\n"1:2:3",x\n"4:5:6",y\n', 'a b,c d\ne f,g h\n', 'url,n\nhttp://a.example/x;y=1,1\nhttp://b.example/z;y=2,2\n', 'lone\nword\n', ''],
  '\t': ['a\tb\n1\t2\n', 'a\tb\nx, y\tz, w\np, q\tr, s\n', 'n\tprice\nA\t1,50\nB\t2,75\n'],
  '|': ['a|b|c\n1|2|3\n', 'a|b\nx,y|z\nu,v|w\n'],
};

for (const [delimiter, texts] of Object.entries(SEPARATORS)) {
  for (const text of texts) test(`finds ${JSON.stringify(delimiter)} in ${JSON.stringify(text)}`, () => assert.equal(detectDelimiter({ text }).delimiter, delimiter));
}

test('guesses whether there are names', () => {
  assert.deepEqual(guessHeader({ rows: [['id', 'date'], ['1', '2024-01-01']] }), { header: true, sure: true });
  assert.equal(guessHeader({ rows: [['1', '2024-01-01'], ['2', '2024-01-02']] }).header, false);
  assert.deepEqual(guessHeader({ rows: [['Ann', 'Oslo'], ['Bob', 'Vik']] }), { header: true, sure: false });
  assert.equal(guessHeader({ rows: [] }).header, false);
});

test('names encodings by the first bytes', () => {
  const name = (text, encoding) => nameEncoding({ bytes: Buffer.from(text, encoding) });
  assert.deepEqual(name('', 'utf8'), { encoding: 'utf-8', mark: 0 });
  assert.deepEqual(name('plain', 'utf8'), { encoding: 'utf-8', mark: 0 });
  assert.deepEqual(name('Müller;Åse;😀', 'utf8'), { encoding: 'utf-8', mark: 0 });
  assert.deepEqual(name('Müller;Åse', 'latin1'), { encoding: 'windows-1252', mark: 0 });
  assert.deepEqual(name('id,name\n1,Åse\n', 'utf16le'), { encoding: 'utf-16le', mark: 0 });
  assert.deepEqual(name('\ufeffid', 'utf16le'), { encoding: 'utf-16le', mark: 2 });
  assert.deepEqual(nameEncoding({ bytes: [0xed, 0xa0, 0x80] }), { encoding: 'windows-1252', mark: 0 });
  assert.deepEqual(nameEncoding({ bytes: [0xf4, 0x90, 0x80, 0x80] }), { encoding: 'windows-1252', mark: 0 });
  const bytes = Buffer.from('😀'.repeat(3));
  for (let cut = 1; cut <= bytes.length; cut++) assert.equal(nameEncoding({ bytes: bytes.subarray(0, cut) }).encoding, 'utf-8');
});

test('a text written by the kit is read and written the same', () => {
  const text = toCsv({ rows: [['a', 'b'], ['x,y', '"'], ['', 'z\n']] }).text;
  assert.equal(toCsv(fromCsv({ text })).text, text);
});
