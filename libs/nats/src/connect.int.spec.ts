/** Connections: who is let in, where their inboxes are, and what is said of their state. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mintConn } from '@keytrail/crypto';
import type { Bus } from './bus.fixture.js';
import { startBus, until } from './bus.fixture.js';
import type { BusStatus } from './connect.js';
import { connectEvents, connectRpc } from './connect.js';
import { mintIdentity } from './identity.js';

let bus: Bus;
beforeAll(async () => {
  bus = await startBus();
});
afterAll(() => bus.stop());

describe('a connection', () => {
  it('is refused to an identity that the server does not know', async () => {
    const stranger = mintIdentity('stranger');
    await expect(connectRpc({ url: bus.url, conn: mintConn(), ...stranger })).rejects.toThrow();
    await expect(connectEvents({ url: bus.url, ...stranger })).rejects.toThrow();
  });

  it('says when it is lost and found, and when something is forbidden', async () => {
    const said: BusStatus[] = [];
    const [billing] = bus.callers;
    const options = { url: bus.url, conn: mintConn(), ...billing, onStatus: (status: BusStatus) => said.push(status) };
    const connection = await connectRpc(options);
    connection.nc.publish('evt.vault.acme.secret.SecretCreated', '{}');
    await until(() => said.some(({ type }) => type === 'error'));
    expect(connection.isConnected()).toBe(true);
    await bus.kill();
    await until(() => !connection.isConnected());
    await bus.restart();
    await until(() => connection.isConnected());
    await connection.close();
    expect(connection.isConnected()).toBe(false);
    await until(() => said.at(-1)?.type === 'closed');
    expect(said.map(({ type }) => type)).toEqual(['error', 'disconnected', 'reconnected', 'closed']);
  });
});
