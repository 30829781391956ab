/** The rules of the vault's own keys, and the laws that hold however often they are replenished. */
import { describe, expect, it } from '@jest/globals';
import type { KeyEvent } from '@keytrail/contracts';
import { fold, given } from '@keytrail/eventsourcing';
import fc from 'fast-check';
import {
  type ReplenishKeys,
  type SealingKeyFacts,
  type SigningKeyFacts,
  vaultKeyDecider,
} from './vault-key.decider.js';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-01-31T12:00:00.000Z');
const at = (ms: number): string => new Date(START_MS + ms).toISOString();

const signing = (n: number) => ({ keyId: `signing-${n}`, signingKey: `kv_${n}` }) as unknown as SigningKeyFacts;
const sealing = (ms: number) =>
  ({ keyId: `sealing-${ms}`, publicKey: 'p', notBefore: at(ms), notAfter: at(ms + 25 * HOUR_MS) }) as SealingKeyFacts;

const replenish = (ms: number): ReplenishKeys => ({
  type: 'ReplenishKeys',
  signing: signing(ms),
  sealing: sealing(ms),
  sealingAgeMaxMs: 12 * HOUR_MS,
});
const created = (n: number): KeyEvent => ({ type: 'SigningKeyCreated', data: signing(n) });
const rotated = (ms: number): KeyEvent => ({ type: 'SealingKeyRotated', data: sealing(ms) });
const accepted = (...events: KeyEvent[]) => ({ ok: true, events });

describe('a vault', () => {
  it('without keys is given both', () => {
    expect(given(vaultKeyDecider).when(replenish(0))).toEqual(accepted(created(0), rotated(0)));
  });
  it('keeps its signing key for ever, and its sealing key for half a day', () => {
    const { when } = given(vaultKeyDecider, created(0), rotated(0));
    expect(when(replenish(12 * HOUR_MS - 1))).toEqual(accepted());
    expect(when(replenish(12 * HOUR_MS))).toEqual(accepted(rotated(12 * HOUR_MS)));
  });
  it('takes no access away by a new key', () => {
    expect([created(0), rotated(0)].map((event) => vaultKeyDecider.withdraws(event))).toEqual([false, false]);
  });
});

describe('replenished often enough', () => {
  const minutes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 150 });

  it('has one signing key, and from half a day on two sealing keys that are valid at once', () => {
    fc.assert(
      fc.property(minutes, (pauses) => {
        let [now, events]: [number, readonly KeyEvent[]] = [0, []];
        for (const pause of [0, ...pauses]) {
          now += pause * 60_000;
          const decision = vaultKeyDecider.decide(replenish(now), fold(vaultKeyDecider, events));
          events = [...events, ...(decision.ok ? decision.events : [])];
        }
        const valid = events.flatMap(({ type, data }) =>
          type === 'SealingKeyRotated' && Date.parse(data.notAfter) > START_MS + now ? [data] : [],
        );
        expect(events.filter(({ type }) => type === 'SigningKeyCreated')).toHaveLength(1);
        expect(valid.length).toBeGreaterThanOrEqual(now >= 13 * HOUR_MS ? 2 : 1);
        expect(valid.length).toBeLessThanOrEqual(3);
      }),
    );
  });
});
