/** Those who ask at the same time are answered as one, whatever becomes of the answer. */
import { expect, it } from '@jest/globals';
import { together } from './together.js';

it('work is done once for all who ask while it is under way, and afresh for who comes later', async () => {
  let done = 0;
  const ask = together(async () => ++done);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  expect(await ask()).toBe(2);
});

it('work that has failed is done afresh', async () => {
  const answers = [() => Promise.reject(new Error('down')), async () => 'up'];
  const ask = together<string>(async () => answers.shift()!());
  expect((await Promise.allSettled([ask(), ask()])).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask()).toBe('up');
});
