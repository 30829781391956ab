/** TLS on a real nats-server: who trusts its authority is served, and nobody in clear text. */
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mintConn } from '@keytrail/crypto';
import { type Certificates, certificates, temporaryFolder, type TemporaryFolder } from '@keytrail/testing';
import { knowing, newGuest } from './auth.fixture.js';
import { authCallout } from './auth-callout.js';
import { type Bus, silent, startBus, until } from './bus.fixture.js';
import { connectAuth, connectEvents, connectRpc } from './connect.js';
import { connectCaller } from './connect-caller.js';
import { serverConfiguration } from './server-configuration.js';

let folder: TemporaryFolder;
let trusted: Certificates;
let foreign: Certificates;
let bus: Bus;
beforeAll(async () => {
  folder = await temporaryFolder();
  trusted = await certificates({ dir: `${folder.path}/trusted` });
  foreign = await certificates({ dir: `${folder.path}/foreign` });
  bus = await startBus({ tls: trusted });
});
afterAll(async () => {
  await bus.stop();
  await folder.remove();
});

const asVault = () => ({ ...bus.identities.vault.rpc, url: bus.url, conn: mintConn() });

describe('a server without a certificate', () => {
  it('is not configured to listen off loopback', () => {
    const { identities } = bus;
    const configuration = { host: '0.0.0.0', port: 4222, storeDir: '/', serverName: 'x', identities };
    expect(() => serverConfiguration(configuration)).toThrow(RangeError);
    const tls = { certFile: '/tls.crt', keyFile: '/tls.key' };
    expect(JSON.parse(serverConfiguration({ ...configuration, tls }))).toMatchObject({ listen: '0.0.0.0:4222' });
  });
});

describe('a server with a certificate', () => {
  it('serves services, the callout and callers that trust its authority', async () => {
    const tls = { caFile: trusted.caFile };
    const { url, identities } = bus;
    const { user, issuer, xkey } = identities.callout;
    const billing = newGuest('the secret of billing');
    const auth = await connectAuth({ url, tls, ...user });
    const keys = { issuerSeed: issuer.seed, xkeySeed: xkey.seed };
    const callout = authCallout({ connection: auth, ...keys, ...knowing(billing), log: silent });
    await auth.roundTrip();
    const all = [
      await connectRpc({ ...asVault(), tls }),
      await connectEvents({ ...identities.vault.events, url, tls }),
      await connectCaller({ url, tls, name: 'billing', conn: billing.conn, secret: () => billing.secret }),
    ];
    for (const connection of all) expect(await connection.roundTrip()).toBeUndefined();
    await callout.stop();
    for (const connection of [...all, auth]) await connection.close();
  });

  it('is not believed by who does not trust its authority', async () => {
    await expect(connectRpc(asVault())).rejects.toThrow();
    await expect(connectRpc({ ...asVault(), tls: {} })).rejects.toThrow();
    await expect(connectRpc({ ...asVault(), tls: { caFile: foreign.caFile } })).rejects.toThrow();
  });

  it('says nothing in clear text but that it wants TLS', async () => {
    const socket = net.connect({ host: '127.0.0.1', port: Number(new URL(bus.url).port) });
    let heard = '';
    socket.on('data', (bytes) => (heard += bytes.toString()));
    socket.on('error', () => {});
    await until(() => heard.includes('"tls_required":true'));
    socket.write('CONNECT {"verbose":true}\r\nPING\r\n');
    await until(() => socket.closed);
    expect(heard).not.toContain('PONG');
  });
});

describe('a client that wants TLS', () => {
  it('does not speak with a server that has none', async () => {
    const plain = await startBus();
    try {
      const { rpc } = plain.identities.vault;
      const options = { ...rpc, url: plain.url, conn: mintConn(), tls: { caFile: trusted.caFile } };
      await expect(connectRpc(options)).rejects.toThrow(/tls/);
    } finally {
      await plain.stop();
    }
  });
});
