/** What is printed of a promise. */
import { expect, it } from '@jest/globals';
import { lineOf, sentenceOf } from './line.js';

const claim = { promise: 7, name: 'the bus is rebuildable', fullScale: 20 };
const run = { claim, seed: 's', scale: 0.1, seconds: 1.234 };
const finding = { claim, tried: 2, violations: [], details: { messagesCompared: 9 } };

it('names what was tried, how to repeat it, and that it was not the whole', () => {
  const line = lineOf({ ...run, outcome: { found: [finding] } });
  expect(line).toEqual({
    promise: 7,
    name: 'the bus is rebuildable',
    tried: 2,
    violations: 0,
    seconds: 1.2,
    seed: 's',
    repeat: 'npm run verify:promises -- --only 7 --seed s --scale 0.1',
    belowFullScale: true,
    messagesCompared: 9,
  });
  expect(sentenceOf(line)).toBe(' 7  kept: the bus is rebuildable; 2 tried (below full scale), 1.2 s');
});

it('does not say so of a full proof', () => {
  const line = lineOf({ ...run, scale: 1, outcome: { found: [{ ...finding, tried: 20 }] } });
  expect(line).not.toHaveProperty('belowFullScale');
});

it('counts violations and shows some', () => {
  const violations = Array.from({ length: 9 }, (_, i) => `message ${i} is lost`);
  const line = lineOf({ ...run, outcome: { found: [{ ...finding, violations }] } });
  expect(line).toMatchObject({ violations: 9, examples: violations.slice(0, 5) });
  expect(sentenceOf(line)).toContain('BROKEN 9 times');
  expect(sentenceOf(line)).toContain('again: npm run');
});

it('takes a proof that broke off for a broken promise', () => {
  const line = lineOf({ ...run, outcome: { brokenOff: new Error('nothing came back') } });
  expect(line).toMatchObject({ tried: 0, violations: 1, belowFullScale: true });
  expect(line.examples).toEqual(['the proof broke off: nothing came back']);
});
