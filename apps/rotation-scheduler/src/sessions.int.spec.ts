/** Whose requests the scheduler serves: the vault knows their sessions, and events tell who it was. */
import { describe, expect, it } from '@jest/globals';
import type { RpcReply } from '@keytrail/contracts';
import { samplesOf } from '@keytrail/testing';
import { handler, on, openScheduler, rotate, setPolicy, told, typesOf, valueOf } from './asking.fixture.js';
import { type Ask, codeOf, until } from './scheduler.fixture.js';

openScheduler();

it('what a person asks through the gateway is told as the person’s, via the gateway; what follows from it is not', async () => {
  const reference = on().secret();
  valueOf(await setPolicy(reference));
  valueOf(await rotate(reference));
  const asked = [on().person, on().bus.gateway.principal];
  const done = [on().ports.principal, undefined];
  expect((await on().eventsOf(reference)).map(({ type, body }) => [type, body.principal, body.via])).toEqual([
    ['RotationPolicySet', ...asked],
    ['RotationStarted', ...asked],
    ['RotationStepCompleted', ...done],
    ['RotationCompleted', ...done],
  ]);
});

describe('a request', () => {
  const served = (ask: () => Promise<RpcReply>) => until(ask, ({ ok }) => ok);

  /** Through a session of the gateway's that is open, and that the scheduler has not met. */
  async function asking(): Promise<Ask> {
    const { bus, askThrough, person } = on();
    const gateway = await bus.connect(bus.gateway);
    const body = { reference: on().secret() };
    const call = { service: 'vault', workspace: 'acme', aggregate: 'secret', verb: 'get', body, onBehalfOf: person };
    await served(() => gateway.request(call));
    return (verb, given) => askThrough(gateway)(verb, given, { onBehalfOf: person });
  }

  const refusals = async (): Promise<number> =>
    samplesOf(await told('/metrics')).find(
      ({ name, labels }) => name === 'keytrail_rpc_request_seconds_count' && labels['code'] === 'auth.session_invalid',
    )?.value ?? 0;

  it('of a session that the vault does not know is refused, whereupon its client opens another', async () => {
    const ask = await asking();
    const before = await refusals();
    on().bus.door.forget();
    await served(() => ask('list_policies', {}));
    expect(await refusals()).toBeGreaterThan(before);
  });

  it('without a session is refused, and nothing is done', async () => {
    const { bus, askThrough, person } = on();
    const { bare } = await bus.connect(bus.gateway);
    const reference = on().secret();
    const reply = await askThrough(bare)('start', { reference, handler }, { onBehalfOf: person });
    expect(codeOf(reply)).toBe('auth.session_invalid');
    expect(await typesOf(reference)).toEqual([]);
  });

  it('of a session that the vault cannot be asked about waits for nobody, and is served once it can', async () => {
    const ask = await asking();
    await on().bus.stopVault();
    const reply = await ask('list_policies', {});
    await on().bus.startVault();
    expect(reply).toMatchObject({ ok: false, error: { code: 'service.unavailable', retryable: true } });
    expect(on().logged()).toContain('the vault could not be asked about a session');
    await served(() => ask('list_policies', {}));
  });
});

describe('whoever asks past the gateway', () => {
  const analyst = async (): Promise<Ask> => on().askThrough(await on().bus.connect(on().bus.insider));

  it('is served nothing, whatever its roles are: the vault has decided nothing about it', async () => {
    const ask = await analyst();
    for (const workspace of ['acme', 'globex', '_system'])
      expect(codeOf(await ask('list_policies', {}, { workspace }))).toBe('access.denied');
  });

  it('rotates nothing, in whosever name', async () => {
    const ask = await analyst();
    const reference = on().secret('acme');
    expect(codeOf(await ask('start', { reference, handler }))).toBe('access.denied');
    expect(codeOf(await ask('start', { reference, handler }, { onBehalfOf: on().person }))).toBe('access.denied');
    expect(await typesOf(reference)).toEqual([]);
  });
});

it('the gateway may nothing in its own name', async () => {
  const reference = on().secret();
  expect(codeOf(await rotate(reference, { handler }, { onBehalfOf: undefined }))).toBe('access.denied');
  expect(await typesOf(reference)).toEqual([]);
});
