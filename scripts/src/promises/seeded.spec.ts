/** Chance that can be repeated. */
import { expect, it } from '@jest/globals';
import { seeded } from './seeded.js';

const draw = (from = seeded('s')) => Array.from({ length: 1_000 }, () => from.below(10));

it('one seed gives one sequence, and another seed another', () => {
  expect(draw()).toEqual(draw());
  expect(draw(seeded('t'))).not.toEqual(draw());
});

it('what is drawn from a fork moves nothing else', () => {
  const parent = seeded('s');
  draw(parent.fork('lane'));
  expect(draw(parent)).toEqual(draw());
  expect(draw(seeded('s').fork('lane'))).not.toEqual(draw());
});

it('every number comes up about as often as any other', () => {
  const drawn = draw();
  for (let n = 0; n < 10; n++) expect(drawn.filter((each) => each === n).length).toBeGreaterThan(60);
  expect(Math.max(...drawn)).toBe(9);
});

it('a share is a share', () => {
  const random = seeded('s');
  const hits = Array.from({ length: 1_000 }, () => random.percent(25)).filter(Boolean).length;
  expect(hits).toBeGreaterThan(200);
  expect(hits).toBeLessThan(300);
});
