/** Many values: which requests they become, and whose outcome is whose. */
import { describe, expect, it } from '@jest/globals';
import { DecryptBatchRequest, LIMITS, rpcError, type RpcReply } from '@keytrail/contracts';
import type { RpcCall } from '@keytrail/nats';
import { decryptBatch, type DecryptOutcome } from './decrypt-batch.js';
import { receipt } from './keytrail.fixture.js';

/** Answers each reference with itself as the value, and remembers what was asked. */
function entryThat(refuses: (references: readonly string[]) => RpcReply | null = () => null) {
  const calls: (RpcCall & { readonly references: readonly string[] })[] = [];
  const request = async (call: RpcCall): Promise<RpcReply> => {
    const references = DecryptBatchRequest.parse(call.body).items.map(({ reference }) => String(reference));
    calls.push({ ...call, references });
    const items = references.map((reference) => ({
      ok: true,
      value: { receipt, version: 1, value: Buffer.from(reference).toString('base64') },
    }));
    return refuses(references) ?? { ok: true, value: { items } };
  };
  return { request, calls };
}

const named = (count: number, workspace = 'acme') =>
  Array.from({ length: count }, (_, i) => ({ reference: `tenant.${workspace}.openai.key_${i}` }));

const textOf = (outcome: DecryptOutcome | undefined) =>
  outcome?.ok ? outcome.value.value.text() : outcome?.error.code;

describe('many values', () => {
  it('come in the order in which they were asked for, whichever request they came with', async () => {
    const entry = entryThat();
    const items = [...named(2, 'globex'), ...named(3), ...named(1, 'globex')];
    const outcomes = await decryptBatch(entry, items, {});
    expect(outcomes.map(textOf)).toEqual(items.map(({ reference }) => reference));
    expect(entry.calls.map(({ workspace, references }) => [workspace, references.length])).toEqual([
      ['globex', 3],
      ['acme', 3],
    ]);
  });

  it('are asked for with as few requests as there is room for, all under one id', async () => {
    const entry = entryThat();
    await decryptBatch(entry, named(2 * LIMITS.decryptBatchItems + 1), { requestId: 'nightly' });
    expect(entry.calls.map(({ references }) => references.length)).toEqual([100, 100, 1]);
    expect(new Set(entry.calls.map(({ requestId }) => requestId))).toEqual(new Set(['nightly']));
  });

  it('are none where none are asked for', async () => {
    const entry = entryThat();
    expect(await decryptBatch(entry, [], {})).toEqual([]);
    expect(entry.calls).toEqual([]);
  });

  it('are asked for in halves where they do not fit into one answer', async () => {
    const tooLarge = { ok: false, error: rpcError('request.too_large', 'fewer at once') } as const;
    const entry = entryThat((references) => (references.length > 3 ? tooLarge : null));
    const items = named(10);
    expect((await decryptBatch(entry, items, {})).map(textOf)).toEqual(items.map(({ reference }) => reference));
    expect(entry.calls.map(({ references }) => references.length)).toEqual([10, 5, 5, 3, 2, 3, 2]);
    const never = entryThat(() => tooLarge);
    expect((await decryptBatch(never, named(2), {})).map(textOf)).toEqual(['request.too_large', 'request.too_large']);
  });
});

describe('an item', () => {
  it('that is not well-formed is refused by itself, and not sent', async () => {
    const entry = entryThat();
    const outcomes = await decryptBatch(entry, [{ reference: 'tenant..x' }, ...named(1)], {});
    expect(outcomes.map(textOf)).toEqual(['request.malformed', 'tenant.acme.openai.key_0']);
    expect(entry.calls.map(({ references }) => references.length)).toEqual([1]);
  });

  it('has the refusal of its own, or that of its request', async () => {
    const unavailable = { ok: false, error: rpcError('secret.unavailable', 'not for you') } as const;
    const one = entryThat(() => ({ ok: true, value: { items: [unavailable, { odd: true }] } }));
    expect((await decryptBatch(one, named(3), {})).map(textOf)).toEqual(['secret.unavailable', 'internal', 'internal']);
    const late = entryThat(() => ({ ok: false, error: rpcError('request.deadline_exceeded', 'late') }));
    const outcomes = await decryptBatch(late, named(2), { requestId: 'mine' });
    expect(outcomes).toMatchObject([
      { ok: false, error: { code: 'request.deadline_exceeded', retryable: true, requestId: 'mine' } },
      { ok: false, error: { code: 'request.deadline_exceeded' } },
    ]);
  });
});
