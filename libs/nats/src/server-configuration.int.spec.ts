/** Least privilege, tried out on a real server: what each identity must be able to do, and what it must not. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mintConn } from '@keytrail/crypto';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Bus } from './bus.fixture.js';
import { startBus } from './bus.fixture.js';
import type { Identity } from './identity.js';

let bus: Bus;
beforeAll(async () => {
  bus = await startBus();
});
afterAll(() => bus.stop());

interface Attempt {
  readonly nc: NatsConnection;
  refusals: number;
}

const attempts = new Map<Identity, Promise<Attempt>>();

async function attemptAs(identity: Identity): Promise<Attempt> {
  const nc = await bus.raw(identity);
  const attempt = { nc, refusals: 0 };
  void (async () => {
    for await (const status of nc.status()) if (status.type === 'error') attempt.refusals++;
  })();
  return attempt;
}

/** Whether the server let the identity do it; an error arrives before the answer to the flush. */
async function may(identity: Identity, act: (nc: NatsConnection) => void): Promise<boolean> {
  if (!attempts.has(identity)) attempts.set(identity, attemptAs(identity));
  const attempt = await attempts.get(identity)!;
  const before = attempt.refusals;
  act(attempt.nc);
  await attempt.nc.flush();
  await attempt.nc.flush();
  return attempt.refusals === before;
}

const mayPublish = (identity: Identity, subject: string): Promise<boolean> =>
  may(identity, (nc) => nc.publish(subject, 'x'));

const maySubscribe = (identity: Identity, subject: string, queue?: string): Promise<boolean> =>
  may(identity, (nc) => nc.subscribe(subject, { callback: () => {}, ...(queue && { queue }) }));

const conn = mintConn();

describe('the gateway', () => {
  it('may ask every service in its own name', async () => {
    const { rpc } = bus.identities.gateway;
    expect(await mayPublish(rpc, `rpc.vault.${rpc.principal}.${conn}.acme.secret.create`)).toBe(true);
    expect(await mayPublish(rpc, `rpc.audit.${rpc.principal}.${conn}.acme.event.list`)).toBe(true);
    expect(await maySubscribe(rpc, `_R.${rpc.principal}.${conn}.>`)).toBe(true);
  });

  it('may neither decrypt, nor speak for others, nor listen to requests', async () => {
    const { rpc } = bus.identities.gateway;
    const [billing] = bus.callers;
    for (const verb of ['decrypt', 'decrypt_batch'])
      expect(await mayPublish(rpc, `rpc.vault.${rpc.principal}.${conn}.acme.secret.${verb}`)).toBe(false);
    expect(await mayPublish(rpc, `rpc.vault.${billing.principal}.${conn}.acme.secret.create`)).toBe(false);
    expect(await maySubscribe(rpc, 'rpc.>')).toBe(false);
    expect(await maySubscribe(rpc, `_R.${billing.principal}.>`)).toBe(false);
    expect(await mayPublish(rpc, '$JS.API.INFO')).toBe(false);
  });
});

describe('a service', () => {
  it('may listen to its own requests, in its queue group only', async () => {
    const { vault, audit } = bus.identities;
    expect(await maySubscribe(vault.rpc, 'rpc.vault.>', 'vault')).toBe(true);
    expect(await maySubscribe(vault.rpc, 'rpc.vault.>')).toBe(false);
    expect(await maySubscribe(vault.rpc, 'rpc.>', 'vault')).toBe(false);
    expect(await maySubscribe(vault.rpc, 'rpc.audit.>', 'audit')).toBe(false);
    expect(await maySubscribe(audit.rpc, 'rpc.audit.>', 'audit')).toBe(true);
    expect(await maySubscribe(audit.rpc, 'rpc.vault.>', 'vault')).toBe(false);
  });

  it('may answer, and neither ask nor read answers', async () => {
    const { vault } = bus.identities;
    expect(await mayPublish(vault.rpc, `_R.${vault.rpc.principal}.${conn}.x`)).toBe(true);
    expect(await mayPublish(vault.rpc, `rpc.audit.${vault.rpc.principal}.${conn}.acme.event.list`)).toBe(false);
    expect(await maySubscribe(vault.rpc, '_R.>')).toBe(false);
  });
});

describe('a service that is asked', () => {
  it.each(['audit', 'rotation', 'anomaly'] as const)('may ask the vault who asks: %s', async (service) => {
    const { rpc } = bus.identities[service];
    for (const operation of ['key.list', 'session.open', 'session.introspect'])
      expect(await mayPublish(rpc, `rpc.vault.${rpc.principal}.${conn}._system.${operation}`)).toBe(true);
    expect(await maySubscribe(rpc, `_R.${rpc.principal}.${conn}.>`)).toBe(true);
    const other = bus.identities.vault.rpc.principal;
    for (const subject of [
      `rpc.vault.${other}.${conn}._system.session.introspect`,
      `rpc.vault.${rpc.principal}.${conn}.acme.secret.decrypt`,
      `rpc.vault.${rpc.principal}.${conn}._system.token.issue`,
    ])
      expect([subject, await mayPublish(rpc, subject)]).toEqual([subject, false]);
    expect(await maySubscribe(rpc, `_R.${other}.${conn}.>`)).toBe(false);
  });
});

describe('the account of events', () => {
  it('lets the vault fill, look at and replace its own stream, and make durables for readers, and nothing else', async () => {
    const { events } = bus.identities.vault;
    for (const verb of ['INFO', 'CREATE', 'DELETE', 'MSG.GET'])
      expect(await mayPublish(events, `$JS.API.STREAM.${verb}.VAULT`)).toBe(true);
    expect(await mayPublish(events, 'evt.vault.acme.secret.SecretCreated')).toBe(true);
    for (const verb of ['DURABLE.CREATE', 'INFO', 'DELETE'])
      expect(await mayPublish(events, `$JS.API.CONSUMER.${verb}.AUDIT.events-somebody`)).toBe(true);
    for (const subject of [
      '$JS.API.CONSUMER.DELETE.VAULT.audit-vault',
      '$JS.API.CONSUMER.DURABLE.CREATE.VAULT.audit-vault',
      '$JS.API.CONSUMER.CREATE.VAULT.events-somebody',
      '$JS.API.CONSUMER.MSG.NEXT.VAULT.events-somebody',
      '$JS.API.STREAM.PURGE.VAULT',
      '$JS.API.STREAM.UPDATE.VAULT',
      '$JS.API.STREAM.MSG.DELETE.VAULT',
      '$JS.API.STREAM.CREATE.AUDIT',
      '$JS.API.CONSUMER.CREATE.VAULT.audit-vault',
      'evt.audit.acme.audit.AuditQueried',
    ])
      expect([subject, await mayPublish(events, subject)]).toEqual([subject, false]);
    expect(await maySubscribe(events, 'evt.>')).toBe(false);
  });

  it('lets the audit read VAULT through its own durable, and write nothing', async () => {
    const { events } = bus.identities.audit;
    for (const verb of ['CREATE', 'DELETE', 'INFO', 'MSG.NEXT'])
      expect(await mayPublish(events, `$JS.API.CONSUMER.${verb}.VAULT.audit-vault`)).toBe(true);
    for (const subject of [
      'evt.vault.acme.secret.SecretCreated',
      '$JS.API.STREAM.DELETE.VAULT',
      '$JS.API.STREAM.CREATE.VAULT',
      '$JS.API.STREAM.MSG.GET.VAULT',
      '$JS.API.CONSUMER.CREATE.VAULT.other',
      '$JS.ACK.VAULT.other.1.1.1.1.0',
    ])
      expect([subject, await mayPublish(events, subject)]).toEqual([subject, false]);
    expect(await maySubscribe(events, `_INBOX.${bus.identities.vault.events.publicKey}.>`)).toBe(false);
  });

  it('has no way to the requests', async () => {
    const nc = await bus.raw(bus.root.events);
    const seen: string[] = [];
    nc.subscribe('>', { callback: (_error, message) => void seen.push(message.subject) });
    await nc.flush();
    const [billing] = bus.callers;
    const subject = `rpc.vault.${billing.principal}.${conn}.acme.secret.decrypt`;
    expect(await mayPublish(billing, subject)).toBe(true);
    await nc.flush();
    expect(seen.filter((each) => each.startsWith('rpc.'))).toEqual([]);
  });
});
