/** Many values in one request: an event and an outcome each, and nothing of what cannot be answered. */
import { describe, expect, it } from '@jest/globals';
import type { DecryptBatchReply, DecryptRequest, RpcReply } from '@keytrail/contracts';
import { type Asker, codeOf } from '../caller.fixture.js';
import { eventsOf } from '../event.fixture.js';
import { type Answer, handmadeSession } from '../handmade.fixture.js';
import { accessStage, ask, done, inside } from './access.fixture.js';

const on = accessStage();

const LARGEST_BYTES = 65_536;

const batch = (items: readonly (string | DecryptRequest)[], asker: Asker = on.vault.billing) =>
  ask<DecryptBatchReply>(asker, 'secret.decrypt_batch', {
    items: items.map((item) => (typeof item === 'string' ? { reference: item } : item)),
  });

async function codesOf(asked: Promise<RpcReply<DecryptBatchReply>>): Promise<readonly string[]> {
  return (await done(asked)).items.map(codeOf);
}

/** What the journal tells of attempts on a secret. */
const accessesOf = async (reference: string) =>
  (await eventsOf(on.vault.database, `secret-${reference}`)).filter(({ body }) => body.type.includes('.access.'));

const secrets = (count: number) => Promise.all(Array.from({ length: count }, () => on.secret()));

const outcomeOf = (answer: Answer) => answer && [answer.sealed ? 'sealed' : 'in clear', codeOf(answer.reply)];

async function largeSecret(bytes: number): Promise<string> {
  const reference = await on.secret();
  const sealedValue = await on.vault.seal(reference, 'v'.repeat(bytes));
  await done(ask(on.vault.admin, 'secret.add_version', { reference, sealedValue }));
  return reference;
}

describe('each of many', () => {
  it('has an event and a receipt of its own, in the order of the request', async () => {
    const references = await secrets(3);
    const { items } = await done(batch(references));
    for (const [i, reference] of references.entries()) {
      const [event, ...more] = await accessesOf(reference);
      expect(more).toEqual([]);
      expect(items[i]).toMatchObject({ ok: true, value: { version: 1, receipt: { eventId: event?.body.id } } });
    }
  });

  it('has an outcome of its own: what is not there, or not for this caller, is denied and told', async () => {
    const [good, revoked] = await secrets(2);
    await done(ask(on.vault.admin, 'secret.revoke', { reference: revoked, reason: 'leaked' }));
    const asked = [good, revoked, 'tenant.acme.openai.unknown', { reference: good, version: 9 }] as string[];
    expect(await codesOf(batch(asked))).toEqual([
      'ok',
      'secret.unavailable',
      'secret.unavailable',
      'secret.unavailable',
    ]);
    expect(await on.denialsOf(revoked as string)).toMatchObject([{ reason: 'secret.revoked', count: 1 }]);
    expect(await on.denialsOf('tenant.acme.openai.unknown')).toMatchObject([{ reason: 'secret.not_found' }]);
    expect(await on.denialsOf(good as string)).toMatchObject([{ reason: 'version.not_found' }]);
  });

  it('may be the same as another: each is an access', async () => {
    const reference = await on.secret();
    expect(await codesOf(batch([reference, reference, reference]))).toEqual(['ok', 'ok', 'ok']);
    expect(await accessesOf(reference)).toHaveLength(3);
  });

  it('says for what it is asked', async () => {
    const [plain, told] = (await secrets(2)) as [string, string];
    await done(batch([plain, { reference: told, purpose: 'nightly', repeatOf: 'before' } as DecryptRequest]));
    expect(await accessesOf(told)).toMatchObject([
      { body: { data: { repeatOf: 'before' } }, detail: { text: 'nightly' } },
    ]);
    expect((await accessesOf(plain))[0]?.detail).not.toHaveProperty('text');
  });

  it('is decided on what stands: what was withdrawn a moment ago on another replica is denied, the others are not', async () => {
    const [kept, gone] = (await secrets(2)) as [string, string];
    expect(await codesOf(batch([kept, gone]))).toEqual(['ok', 'ok']);
    const replica = await on.vault.replica();
    await done(ask(on.vault.admin, 'secret.disable', { reference: gone, reason: 'enough' }));
    const many = await Promise.all(Array.from({ length: 16 }, () => codesOf(batch([kept, gone]))));
    expect(new Set(many.map(String))).toEqual(new Set(['ok,secret.unavailable']));
    await replica.close();
  });

  it('is told with its exact count where very many are denied', async () => {
    const stranger = await on.vault.caller(null);
    const asked = Array.from({ length: 100 }, (_, i) => `tenant.acme.openai.none_${i}`);
    expect(new Set(await codesOf(batch(asked, stranger)))).toEqual(new Set(['secret.unavailable']));
    const byName = await Promise.all(asked.map((reference) => on.denialsOf(reference)));
    const together = await on.accessesDeniedTo(stranger);
    const counts = [...byName.flat(), ...together].map(({ count }) => count);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100);
  });
});

describe('a request for many', () => {
  it.each([
    ['none', []],
    ['more than a hundred', Array.from({ length: 101 }, () => 'tenant.acme.openai.any')],
    ['one of another workspace', ['tenant.acme.openai.any', 'tenant.globex.openai.any']],
    ['one that is no reference', ['tenant.acme.openai.any', 'tenant..x']],
  ])('is refused as a whole where it is for %s', async (_what, items) => {
    expect(codeOf(await batch(items))).toBe('request.malformed');
  });

  it('is refused before anything is recorded where its values do not fit into one answer', async () => {
    const large = await largeSecret(LARGEST_BYTES);
    // 11 of them in base64 are 961,268 bytes, 12 are 1,048,656.
    expect(codeOf(await batch(Array.from({ length: 12 }, () => large)))).toBe('request.too_large');
    expect(await accessesOf(large)).toEqual([]);
    const asked = Array.from({ length: 11 }, () => large);
    expect(await codesOf(batch(asked))).toEqual(asked.map(() => 'ok'));
  });

  it('is not refused for what its caller does not obtain', async () => {
    const [large, stranger] = [await largeSecret(LARGEST_BYTES), await on.vault.caller(null)];
    expect(
      new Set(
        await codesOf(
          batch(
            Array.from({ length: 20 }, () => large),
            stranger,
          ),
        ),
      ),
    ).toEqual(new Set(['secret.unavailable']));
  });

  it('is served once, on the same replica and on another', async () => {
    const reference = await on.secret();
    const session = await handmadeSession(on.vault.billing, on.vault.vaultKey, {
      type: 'api_token',
      token: on.vault.billing.token,
    });
    const signed = session.sign('secret.decrypt_batch', { items: [{ reference }, { reference }] });
    expect(outcomeOf(await session.send(signed))).toEqual(['sealed', 'ok']);
    expect(outcomeOf(await session.send(signed))).toEqual(['in clear', 'auth.session_invalid']);
    await on.vault.restart();
    expect(outcomeOf(await session.send(signed))).toEqual(['sealed', 'auth.session_invalid']);
    expect(await accessesOf(reference)).toHaveLength(2);
  });

  it('is within the scopes of its token, as a request for one is', async () => {
    const [reference, narrow] = [await on.secret(), await on.vault.caller('service', { scopes: ['usage.get'] })];
    expect(await codesOf(batch([reference], narrow))).toEqual(['secret.unavailable']);
    expect(await on.denialsOf(reference)).toMatchObject([{ reason: 'credential.out_of_scope' }]);
  });

  it('does not pass the bus in the name of somebody else', async () => {
    const body = { items: [{ reference: await on.secret() }] };
    expect(codeOf(await inside('acme', on.vault.admin).ask('secret.decrypt_batch', body))).toBe('access.denied');
  });
});
