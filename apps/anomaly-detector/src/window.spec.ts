/** The windows of one secret: what is a finding and what is none, and that any history is counted as it reads. */
import { describe, expect, it } from '@jest/globals';
import type { AnomalyRule, FindingId } from '@keytrail/contracts';
import { ACCESS_RATE_RULES } from '@keytrail/contracts';
import fc from 'fast-check';
import { histories, SMALL_RULES } from './history.fixture.js';
import type { LoggedAccess, Recounted } from './recount.fixture.js';
import { recount } from './recount.fixture.js';
import type { RateRule } from './window.js';
import { SecretWindows } from './window.js';

const T = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

let minted = 0;
const mint = (): FindingId => `finding-${++minted}` as FindingId;

/** What the windows find in a log, secret by secret as they come. */
function found(log: readonly LoggedAccess[], rules: readonly RateRule[] = ACCESS_RATE_RULES): Recounted[] {
  const secrets = new Map<string, SecretWindows>();
  let newest = -Infinity;
  return log.flatMap(({ reference, at }, index) => {
    newest = Math.max(newest, at);
    const windows = secrets.get(reference) ?? new SecretWindows(rules);
    secrets.set(reference, windows);
    return windows
      .observe({ at, newest }, mint)
      .turns.flatMap((turn) =>
        turn.type === 'started' ? [{ index, reference, rule: turn.rule.rule, count: turn.count }] : [],
      );
  });
}

const log = (...times: readonly number[]): LoggedAccess[] => times.map((t) => ({ reference: 'one', at: T + t }));
const times = (count: number, t: number | ((i: number) => number)) =>
  Array.from({ length: count }, (_, i) => (typeof t === 'number' ? t : t(i)));
const breaks = (rule: AnomalyRule, index: number, count: number): Recounted => ({
  index,
  reference: 'one',
  rule,
  count,
});

describe('a rule', () => {
  it.each(ACCESS_RATE_RULES)('$rule holds at $threshold and is broken by one more', (one) => {
    const { rule, threshold, windowSeconds } = one;
    const within = times(threshold, (i) => Math.floor((i * windowSeconds * 1_000) / (threshold + 1)));
    const last = windowSeconds * 1_000 - 1;
    expect(found(log(...within, last), [one])).toEqual([breaks(rule, threshold, threshold + 1)]);
  });

  it('counts all accesses of one millisecond', () => {
    expect(found(log(...times(101, 0)))).toEqual([breaks('access_rate_minute', 100, 101)]);
  });

  it('no longer counts what is exactly one window old', () => {
    expect(found(log(0, ...times(100, MINUTE)))).toEqual([]);
    expect(found(log(1, ...times(100, MINUTE)))).toEqual([breaks('access_rate_minute', 100, 101)]);
  });

  it('counts each secret by itself', () => {
    const other = times(100, 0).map((at) => ({ reference: 'other', at: T + at }));
    expect(found([...log(...times(100, 0)), ...other])).toEqual([]);
  });
});

describe('an episode', () => {
  it('is told once, however long it lasts', () => {
    expect(found(log(...times(1_000, (i) => i * 590)))).toEqual([breaks('access_rate_minute', 100, 101)]);
  });

  it('is over once an access counts no more than the threshold', () => {
    const burst = times(101, 0);
    const again = times(100, MINUTE);
    expect(found(log(...burst, ...again, MINUTE))).toEqual([
      breaks('access_rate_minute', 100, 101),
      breaks('access_rate_minute', 201, 101),
    ]);
  });

  it('goes on while the count stays above it', () => {
    expect(found(log(...times(101, 0), ...times(101, MINUTE - 1), ...times(101, 2 * MINUTE - 2)))).toHaveLength(1);
  });

  it('is neither ended nor started again by what arrives out of order', () => {
    const burst = times(101, 1_000);
    expect(found(log(...burst, 0, 1_000))).toHaveLength(1);
    expect(found(log(...burst, MINUTE + 1_000, MINUTE + 999))).toHaveLength(1);
  });

  it('is over by the clock when its count is back at the threshold', () => {
    const windows = new SecretWindows(ACCESS_RATE_RULES);
    for (let i = 0; i <= 110; i++) windows.observe({ at: T + i, newest: T + i }, mint);
    expect(windows.open()).toMatchObject([{ openUntil: T + 10 + MINUTE }]);
  });
});

describe('an access out of order', () => {
  it('counts what is older, and may start an episode', () => {
    expect(found(log(...times(100, 0), 5_000, 1))).toEqual([breaks('access_rate_minute', 100, 101)]);
    expect(found(log(...times(100, 0), MINUTE + 4_000, MINUTE - 1))).toEqual([breaks('access_rate_minute', 101, 101)]);
  });

  it('is judged while it is no older than window and slack, and is late beyond', () => {
    const lateBy = (ms: number) => {
      const windows = new SecretWindows(ACCESS_RATE_RULES);
      const { late } = windows.observe({ at: T, newest: T + ms }, mint);
      return late.map(({ rule }) => rule);
    };
    expect(lateBy(MINUTE + 5_000)).toEqual([]);
    expect(lateBy(MINUTE + 5_001)).toEqual(['access_rate_minute']);
    expect(lateBy(86_405_001)).toEqual(ACCESS_RATE_RULES.map(({ rule }) => rule));
  });

  it('counts nothing that is no longer kept for its rule', () => {
    const rules = [SMALL_RULES[0]!, { ...SMALL_RULES[1]!, threshold: 100 }];
    expect(found(log(0, 0, 6_000, 300), rules)).toEqual([breaks('access_rate_minute', 3, 3)]);
    expect(found(log(0, 0, 6_001, 300), rules)).toEqual([]);
  });

  it('that is late starts nothing, and a longer window counts it', () => {
    const [short, long] = [
      { ...SMALL_RULES[0]!, threshold: 1 },
      { ...SMALL_RULES[1]!, threshold: 1 },
    ];
    const history = log(0, 6_001, -1, 0);
    expect(found(history, [short])).toEqual([]);
    expect(found(history, [short, long])).toEqual([breaks('access_rate_hour', 3, 3)]);
  });
});

describe('any history', () => {
  it('is counted as its recount says', () => {
    fc.assert(
      fc.property(histories({ maxLength: 120 }), (accesses) => {
        expect(found(accesses, SMALL_RULES)).toEqual(recount(accesses, SMALL_RULES));
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes no more memory than the highest threshold while all rules are broken', () => {
    const windows = new SecretWindows(SMALL_RULES);
    for (let i = 0; i < 1_000; i++) windows.observe({ at: T + i, newest: T + i }, mint);
    expect(windows.size).toBe(7);
  });
});
