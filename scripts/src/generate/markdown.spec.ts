/** Markdown as Prettier writes it. */
import { describe, expect, it } from '@jest/globals';
import { paragraph, table } from './markdown.js';

describe('Markdown', () => {
  it('has tables whose columns are aligned, and whose cells cannot break them', () => {
    expect(table(['a', 'wide'], [['1', 'a|b|c'], ['22']])).toBe(
      ['| a   | wide    |', '| --- | ------- |', '| 1   | a\\|b\\|c |', '| 22  |         |'].join('\n'),
    );
  });

  it('has paragraphs of at most 120 characters a line, and no word is lost', () => {
    const text = Array.from({ length: 60 }, (_, index) => 'x'.repeat(1 + (index % 9))).join(' ');
    const lines = paragraph(text).split('\n');
    expect(lines.join(' ')).toBe(text);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(120);
    expect(lines.length).toBe(3);
  });
});
