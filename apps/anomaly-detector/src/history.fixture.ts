/** Generated histories of accesses, and rules so small that short histories break them in every way. */
import fc from 'fast-check';
import type { LoggedAccess } from './recount.fixture.js';
import type { RateRule } from './window.js';

export const SMALL_RULES: readonly RateRule[] = [
  { rule: 'access_rate_minute', windowSeconds: 1, threshold: 2 },
  { rule: 'access_rate_hour', windowSeconds: 4, threshold: 4 },
  { rule: 'access_rate_day', windowSeconds: 20, threshold: 6 },
];

/** Around the edges of windows and slack of the small rules, in milliseconds. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 400 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 999, 1_000, 1_001, 3_999, 4_000, 4_001) },
  { weight: 1, arbitrary: fc.constantFrom(5_000, 19_999, 20_000, 20_001, 25_000, 60_000) },
);
const delay = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 5_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 5_000, max: 6_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(999, 1_000, 5_000, 5_001, 6_000, 6_001, 9_000, 9_001, 25_000, 25_001) },
);
const reference = fc.constantFrom('tenant.acme.openai.one', 'tenant.acme.openai.one', 'tenant.globex.openai.other');

/** In the order of the log; accesses come late as often as not. */
export const histories = (constraints: fc.ArrayConstraints): fc.Arbitrary<readonly LoggedAccess[]> =>
  fc.array(fc.record({ step, delay, reference }), constraints).map((moves) => {
    let clock = Date.UTC(2026, 0, 1);
    return moves.map((move) => ({ reference: move.reference, at: (clock += move.step) - move.delay }));
  });
