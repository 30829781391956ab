/** A value on its way in: nobody but the vault can read it once it has left its caller, or the gateway. */
import { rpcError, SealingKeys } from '@keytrail/contracts';
import { isSignedBy, sealTo, SEALED_FOR, type SealedText } from '@keytrail/crypto';
import { drillDoor } from '@keytrail/nats/drill';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ANSWERS } from '../answers.fixture.js';
import { asking, canary, expectProblem, reference, secret, startStage, type Stage } from '../gateway.fixture.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterEach(() => {
  stage.answers = { ...ANSWERS };
});
afterAll(() => stage?.close());

/** What the vault reads in the request that has arrived. */
function opened(): Buffer {
  const body = stage.arrived?.body as { readonly sealedValue: SealedText } | undefined;
  return Buffer.from(stage.door.open(body!.sealedValue, 'value', [reference]).bytes);
}

describe('a value', () => {
  it.each([
    ['text', { text: `${canary} é` }, Buffer.from(`${canary} é`)],
    ['bytes', { base64: 'AP+A' }, Buffer.of(0, 255, 128)],
    ['the largest text', { text: 'x'.repeat(65_536) }, Buffer.alloc(65_536, 'x')],
  ])('of %s travels sealed for its reference', async (_what, value, bytes) => {
    expect(await stage.ask('POST', '/api/v1/secrets', { body: secret(value) })).toMatchObject({ status: 201 });
    expect(stage.arrived?.body).not.toHaveProperty('value');
    expect(JSON.stringify(stage.arrived?.body)).not.toContain(canary);
    expect(opened().equals(bytes)).toBe(true);
  });

  it('of a new version too', async () => {
    const answer = await stage.ask('POST', `/api/v1/secrets/${reference}/versions`, {
      body: { value: { text: canary } },
    });
    expect(answer.status).toBe(201);
    expect(opened().toString()).toBe(canary);
  });

  it('that its caller has sealed goes on as it is', async () => {
    const { json } = await stage.ask('GET', '/api/v1/sealing-key');
    const [key] = SealingKeys.parse(json).keys;
    const { exportSecret: _, ...sealedValue } = sealTo(key!, Buffer.from(canary), {
      purpose: SEALED_FOR.value,
      context: [reference],
    });
    const body = { reference, sealedValue };
    expect(await stage.ask('POST', '/api/v1/secrets', { body })).toMatchObject({ status: 201 });
    expect(stage.arrived?.body).toEqual(body);
    expect(opened().toString()).toBe(canary);
  });

  it.each([
    ['neither', {}],
    ['both', { value: { text: canary }, sealedValue: {} }],
    ['half a message', { sealedValue: { keyId: canary } }],
  ])('is refused where there is %s', async (_what, given) => {
    stage.arrived = null;
    const answer = await stage.ask('POST', '/api/v1/secrets', { body: { reference, ...given } });
    expectProblem(answer, 400, 'request.malformed');
    expect(stage.arrived).toBeNull();
  });

  it('is refused in a sentence where it comes twice, or not at all', async () => {
    const sealedValue = {
      keyId: '019c13e5-7280-7e61-9a04-1f5b8c2d7e93',
      enc: 'A'.repeat(43),
      ciphertext: 'A'.repeat(24),
    };
    for (const given of [{}, { value: { text: canary }, sealedValue }]) {
      const answer = await stage.ask('POST', `/api/v1/secrets/${reference}/versions`, { body: given });
      expectProblem(answer, 400, 'request.malformed');
      expect(answer.json['detail']).toBe('body must have one of value and sealedValue, and not both');
    }
  });

  it('is sealed once more where the vault has a new key, and given up where that is none either', async () => {
    let times = 0;
    const unknown = { ok: false, error: rpcError('key.unknown', 'this key is not valid any more') } as const;
    stage.answers['secret.create'] = () => (times++ === 0 ? unknown : ANSWERS['secret.create']());
    expect(await stage.ask('POST', '/api/v1/secrets', { body: secret() })).toMatchObject({ status: 201 });
    expect(times).toBe(2);
    stage.answers['secret.create'] = () => (times++, unknown);
    expectProblem(await stage.ask('POST', '/api/v1/secrets', { body: secret() }), 409, 'key.unknown');
    expect(times).toBe(4);
  });
});

describe('the sealing key', () => {
  it('is shown to whoever asks, signed by the key by which the vault is known', async () => {
    const { status, json } = await stage.ask('GET', '/api/v1/sealing-key', { headers: { authorization: '' } });
    expect(status).toBe(200);
    const { signingKey, keys } = SealingKeys.parse(json);
    expect(signingKey).toBe(stage.door.vaultKey);
    expect(keys.map((key) => isSignedBy(stage.door.vaultKey, key))).toEqual([true]);
  });
});

describe('a gateway that was told another vault key', () => {
  it('takes nobody for the vault, and shows no key', async () => {
    const { vaultKey } = drillDoor(() => ({ roles: [] }));
    const gateway = await stage.startAnother({ KEYTRAIL_VAULT_KEY: vaultKey });
    const ask = asking(gateway.url);
    expectProblem(await ask('GET', '/api/v1/sealing-key'), 503, 'service.unavailable');
    expectProblem(await ask('POST', '/api/v1/secrets', { body: secret() }), 503, 'service.unavailable');
    await gateway.close();
  });
});
