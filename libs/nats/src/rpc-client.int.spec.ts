/** What a caller learns, whatever happens to its request on the way. */
import { describe, expect, it } from '@jest/globals';
import { LIMITS } from '@keytrail/contracts';
import { refusal, vaultOnBus } from './rpc.fixture.js';

const { bus, startVault, gateway, spyOn } = vaultOnBus();

describe('a caller', () => {
  it('that nobody answers learns service.unavailable', async () => {
    const { ask } = await gateway();
    expect(await ask('echo')).toEqual(refusal('service.unavailable', { retryable: true }));
  });

  it('whose deadline passes learns request.deadline_exceeded', async () => {
    await startVault();
    const { ask } = await gateway();
    const past = { deadlineMs: Date.now() - 1 };
    expect(await ask('observe', {}, past)).toEqual(refusal('request.deadline_exceeded'));
    const soon = { deadlineMs: Date.now() + 100 };
    expect(await ask('hold', {}, soon)).toEqual(refusal('request.deadline_exceeded', { retryable: true }));
  });

  it('that asks too much, or what NATS forbids, or what is no address, is told so', async () => {
    await startVault();
    const { ask } = await gateway();
    expect(await ask('echo', { text: 'x'.repeat(LIMITS.requestBytes) })).toEqual(refusal('request.too_large'));
    expect(await ask('decrypt')).toEqual(refusal('access.denied'));
    expect(await ask('echo', {}, { workspace: 'a.b' })).toEqual(refusal('request.malformed'));
    expect(await ask('echo', {}, { workspace: '*' })).toEqual(refusal('request.malformed'));
  });

  it('that gets something else than a reply learns internal', async () => {
    const nc = await spyOn();
    nc.subscribe('rpc.vault.>', { callback: (_error, message) => void message.respond('{"ok":"perhaps"}') });
    await nc.flush();
    const { ask } = await gateway();
    expect(await ask('observe')).toEqual(refusal('internal'));
  });

  it('without a connection learns service.unavailable', async () => {
    const { ask, connection } = await gateway(() => bus().rpc(bus().identities.gateway.rpc));
    await connection.close();
    expect(await ask('observe')).toEqual(refusal('service.unavailable'));
  });
});
