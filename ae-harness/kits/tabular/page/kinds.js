/** The kinds of repairs in the words of the page: [what was found, what the repair does]. */
const KINDS = {
  short_row: ['Row too short', 'Filled with empty cells'],
  long_row: ['Row too long', 'Keep the extra cells, joined to the last one'],
  empty_tail: ['Empty cells at the end', 'Left out'],
  joined_cells: ['Delimiter inside a cell', 'Cells joined again'],
  joined_lines: ['Row broken by a line break', 'Lines joined again'],
  unescaped_quote: ['Quote inside a cell', 'Kept as part of the text'],
  unclosed_quote: ['Quote that never ends', 'Ended at the end of its line'],
  space_around_quotes: ['Space around quotes', 'Left out'],
  backslash_quote: ['Quote escaped with a backslash', 'Read as a quote'],
  quoted_row: ['Whole row in quotes', 'Taken apart'],
  blank_line: ['Blank line', 'Left out'],
  empty_row: ['Row of empty cells', 'Left out'],
  repeated_header: ['Names repeated', 'Left out'],
  double_encoded: ['Letters garbled by double encoding', 'Decoded once more'],
  outer_spaces: ['Spaces around cells', 'Left out'],
  title_line: ['Line above the table', 'Left out'],
  short_header: ['Fewer names than columns', 'Names filled up'],
  byte_mark: ['Byte order mark', 'Left out'],
  separator_line: ['Line that names the separator', 'Used, then left out'],
  extra_delimiter: ['Delimiter too many', 'Empty cell left out'],
  other_delimiter: ['Another delimiter in this row', 'Read with that delimiter'],
};

const words = (kind) => kind.replaceAll('_', ' ').replace(/^./, (c) => c.toUpperCase());

/** The words for a defect. */
export const found = (kind) => KINDS[kind]?.[0] ?? words(kind);

/** The words for its repair. */
export const repair = (kind) => KINDS[kind]?.[1] ?? 'Repaired';
