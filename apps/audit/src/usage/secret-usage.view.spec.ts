/** What events add to the use of secrets. */
import { describe, expect, it } from '@jest/globals';
import { Reference } from '@keytrail/contracts';
import { arrived, madeEvent, REFERENCE, type Said } from '../event/audit-event.fixture.js';
import { readEvent } from '../event/audit-event.view.js';
import { unused, usageIn } from './secret-usage.view.js';

const UNUSED = unused(Reference.parse(REFERENCE));
const [ANNA, BERT] = ['a'.repeat(26), 'b'.repeat(26)] as const;
const usage = (...said: Said[]) =>
  usageIn(said.map((one, i) => readEvent(arrived(madeEvent(one), i + 1), '2026-03-02T00:00:00.000Z').facts));
const denied = (count?: unknown): Said => ({ name: 'SecretAccessDenied', data: { reason: 'secret.revoked', count } });

describe('the use of a secret', () => {
  it('counts each decrypt and remembers the last', () => {
    expect(
      usage(
        { principal: ANNA, time: '2026-03-01T12:00:00.000Z' },
        { principal: BERT, time: '2026-03-01T13:00:00.000Z' },
      ),
    ).toEqual([{ ...UNUSED, decrypted: 2, lastUsedAt: '2026-03-01T13:00:00.000Z', lastUsedBy: BERT }]);
  });

  it('has as its last the latest by time, and of equal times the one behind', () => {
    const early = { principal: ANNA, time: '2026-03-01T11:00:00.000Z' };
    expect(usage({ principal: BERT }, early)).toMatchObject([{ decrypted: 2, lastUsedBy: BERT }]);
    expect(usage({ principal: BERT }, { principal: ANNA })).toMatchObject([{ lastUsedBy: ANNA }]);
  });

  it('counts denials by what they stand for, and none of them is a use', () => {
    expect(usage(denied(5), denied(1))).toEqual([{ ...UNUSED, denied: 6 }]);
  });

  it.each([0, -3, 1.5, 1e9, '5', 'many', null])('takes a denial with the count %p for one', (count) => {
    expect(usage(denied(count))).toMatchObject([{ denied: 1 }]);
  });

  it('is kept for each reference by itself', () => {
    const other = 'tenant.acme.openai.test';
    expect(usage({}, { subject: other }, {})).toMatchObject([
      { reference: REFERENCE, decrypted: 2 },
      { reference: other, decrypted: 1 },
    ]);
  });

  it('is not touched by what is no access', () => {
    expect(usage({ aggregate: 'secret', name: 'SecretRevoked' }, { subject: 'acme' })).toEqual([]);
  });
});
