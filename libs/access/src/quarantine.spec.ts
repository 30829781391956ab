/** When a quarantine holds somebody back, and that imposing it anew never shortens it. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ada, at, noonMs } from './access.fixture.js';
import { describeQuarantine, extended, isInForce, isUndisputed, type QuarantineState } from './quarantine.js';

const until = (moment: string | null): QuarantineState => ({
  principal: null,
  until: moment,
  releaseRequestedBy: null,
});

describe('a quarantine', () => {
  it.each([
    [null, true],
    [at(noonMs + 1), true],
    [at(noonMs), false],
    [at(noonMs - 1), false],
  ])('until %s is in force at noon: %p', (moment, expected) => {
    expect(isInForce(until(moment), noonMs)).toBe(expected);
    expect(describeQuarantine(until(moment), noonMs)).toEqual(expected ? until(moment) : null);
  });

  it.each<readonly [string, QuarantineState | null, string | null, string | null]>([
    ['none stands', null, at(noonMs + 5), at(noonMs + 5)],
    ['none stands and it has no end', null, null, null],
    ['one that is over stands', until(at(noonMs)), at(noonMs + 5), at(noonMs + 5)],
    ['a shorter one stands', until(at(noonMs + 3)), at(noonMs + 5), at(noonMs + 5)],
    ['a longer one stands', until(at(noonMs + 9)), at(noonMs + 5), at(noonMs + 9)],
    ['one without an end stands', until(null), at(noonMs + 5), null],
    ['it has no end and a shorter one stands', until(at(noonMs + 3)), null, null],
  ])('that is imposed where %s lasts as long as the longer of the two', (_, ...[standing, moment, expected]) => {
    expect(extended(standing, moment, noonMs)).toBe(expected);
  });

  it('is undisputed where it lasts until the same moment, and nobody has asked for its release', () => {
    expect(isUndisputed(until(at(noonMs)), at(noonMs))).toBe(true);
    expect(isUndisputed(until(null), null)).toBe(true);
    expect(isUndisputed(until(null), at(noonMs))).toBe(false);
    expect(isUndisputed(until(at(noonMs)), at(noonMs + 1))).toBe(false);
    expect(isUndisputed({ ...until(null), releaseRequestedBy: ada }, null)).toBe(false);
    expect(isUndisputed(null, null)).toBe(false);
  });

  it('is never shortened by another', () => {
    const anyTime = fc.date({
      min: new Date('0001-01-01T00:00:00.000Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    const anyUntil = fc.option(anyTime.map((date) => date.toISOString()));
    fc.assert(
      fc.property(
        fc.option(anyUntil.map(until)),
        anyUntil,
        fc.tuple(anyTime, anyTime),
        (standing, moment, [now, then]) => {
          const after = until(extended(standing, moment, now.getTime()));
          const laterMs = Math.max(now.getTime(), then.getTime());
          const held = [standing, until(moment)].filter((each) => each !== null && isInForce(each, laterMs));
          expect(isInForce(after, laterMs)).toBe(held.length > 0);
        },
      ),
    );
  });
});
