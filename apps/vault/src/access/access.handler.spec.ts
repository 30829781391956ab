/** How room is given to many values, and what becomes of them where there is none, or one of them fails. */
import { describe, expect, it } from '@jest/globals';
import type { DecryptRequest } from '@keytrail/contracts';
import { SecretBytes } from '@keytrail/crypto';
import { JournalUnavailable } from '@keytrail/eventsourcing';
import { ok } from '@keytrail/nats';
import type { AccessFlow, Asked, Attempt, SessionRequest } from './access.flow.js';
import { ObtainSecrets, ObtainSecretsHandler } from './access.handler.js';

interface Released {
  readonly reference: string;
  readonly maxBytes: number;
}

/** Opens as many bytes as the reference says, `denied`, or fails as it says; remembers what is released. */
function flowOf() {
  const [released, opened]: [Released[], SecretBytes[]] = [[], []];
  const attempt = async ({ request: { reference } }: Asked) => {
    if (String(reference) === 'lost') throw new JournalUnavailable('gone');
    if (String(reference) === 'broken') throw new TypeError('a mistake');
    if (String(reference) === 'denied') return { outcome: { allowed: false } } as Attempt;
    const value = SecretBytes.take(Buffer.alloc(Number(reference)));
    opened.push(value);
    return { outcome: { allowed: true, value } } as Attempt;
  };
  const flow = {
    attemptAll: (_: SessionRequest, asked: readonly Asked[]) => Promise.allSettled(asked.map(attempt)),
    release: async ({ request: { reference } }: Asked, _: unknown, maxBytes: number) => {
      released.push({ reference, maxBytes });
      return ok({ version: 1 });
    },
  };
  return { flow: flow as unknown as AccessFlow, released, opened };
}

function obtain(flow: AccessFlow, references: readonly string[], replyBytes = 100_000) {
  const requests = references.map((reference) => ({ reference }) as DecryptRequest);
  return new ObtainSecretsHandler(flow).execute(
    new ObtainSecrets(requests, { replyBytes, address: {} } as SessionRequest),
  );
}

describe('many values', () => {
  it('have each the room of its own length, and a share of what is left for one that becomes longer', async () => {
    const { flow, released } = flowOf();
    await obtain(flow, ['3000', 'denied'], 2 * 384 + 4_000 + 800);
    expect(released).toEqual([
      { reference: '3000', maxBytes: 3_300 },
      { reference: 'denied', maxBytes: 300 },
    ]);
  });

  it('are zeroed where they have no room, and none is released', async () => {
    const { flow, released, opened } = flowOf();
    const reply = await obtain(flow, ['3000', '3000'], 2 * 384 + 7_999);
    expect(reply).toMatchObject({ ok: false, error: { code: 'request.too_large', retryable: false } });
    expect(released).toEqual([]);
    for (const value of opened) expect(() => value.bytes).toThrow(/destroyed/);
  });

  it('have the fault of one told as its own', async () => {
    const { flow, released } = flowOf();
    expect(await obtain(flow, ['3', 'lost', '4'])).toMatchObject({
      ok: true,
      value: { items: [{ ok: true }, { ok: false, error: { code: 'journal.unavailable' } }, { ok: true }] },
    });
    expect(released.map(({ reference }) => reference)).toEqual(['3', '4']);
  });

  it('hide no mistake of ours', async () => {
    await expect(obtain(flowOf().flow, ['3', 'broken'])).rejects.toThrow('a mistake');
  });
});
