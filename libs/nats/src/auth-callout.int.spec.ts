/** The door on a real server: who is let in, with what, and what happens when nobody keeps it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mintConn, mintPrincipal } from '@keytrail/crypto';
import { connect, errors, type NatsConnection } from '@nats-io/transport-node';
import { type Door, enterRaw, type Guest, knowing, mayDo, newGuest, openDoor } from './auth.fixture.js';
import type { Entrant } from './auth-request.js';
import { type Bus, remembering, startBus, until } from './bus.fixture.js';
import { connectCaller } from './connect-caller.js';
import { CredentialsRefused } from './credentials-refused.js';
import { mintKeyPair } from './identity.js';

const billing = newGuest('the secret of billing');
const chatbot = newGuest('the secret of chatbot');

let bus: Bus;
beforeAll(async () => {
  bus = await startBus();
});
afterAll(() => bus.stop());

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});
const kept = <T extends { close(): Promise<unknown> }>(one: T): T => {
  open.push(one);
  return one;
};
const door = async (...options: Parameters<typeof openDoor> extends [unknown, ...infer Rest] ? Rest : never) =>
  kept<Door>(await openDoor(bus, ...options));
const entered = async (guest: Guest) => {
  const visit = await enterRaw(bus.url, guest);
  kept(visit.nc);
  return visit;
};
const caller = async ({ conn, secret }: Guest, patienceMs = 0) =>
  kept(await connectCaller({ url: bus.url, name: 'spec', conn, secret: () => secret, patienceMs }));

describe('who has a secret that is known', () => {
  it('is let in under its principal, from the address that the server saw', async () => {
    const { decide, asked } = knowing(billing);
    await door({ decide });
    const connection = await caller(billing);
    expect(connection.principal).toBe(billing.principal);
    expect(asked).toEqual([
      { account: 'RPC', conn: billing.conn, secret: billing.secret, address: '127.0.0.1' } satisfies Entrant,
    ]);
  });

  it('is let in with a secret of 8 KiB', async () => {
    const workload = newGuest('j'.repeat(8_192));
    await door(knowing(workload));
    expect((await caller(workload)).principal).toBe(workload.principal);
  });

  it('may ask the vault in its own name on its own connection, and hear its answers and notices', async () => {
    await door(knowing(billing));
    const visit = await entered(billing);
    const { principal, conn } = billing;
    const may = (act: (nc: NatsConnection) => void) => mayDo(visit, act);
    expect(await may((nc) => nc.publish(`rpc.vault.${principal}.${conn}.acme.secret.decrypt`))).toBe(true);
    expect(await may((nc) => nc.subscribe(`_R.${principal}.${conn}.>`))).toBe(true);
    expect(await may((nc) => nc.subscribe(`notify.${principal}.>`))).toBe(true);
  });

  it('has a bounded number of subscriptions', async () => {
    await door(knowing(billing));
    const visit = await entered(billing);
    const many = mayDo(visit, (nc) => {
      for (let i = 0; i < 100; i++) nc.subscribe(`notify.${billing.principal}.${i}`);
    });
    expect(await many).toBe(false);
  });
});

describe('a caller that was let in', () => {
  let visit: Awaited<ReturnType<typeof enterRaw>>;
  beforeAll(async () => {
    const keeper = await openDoor(bus, knowing(billing));
    visit = await enterRaw(bus.url, billing);
    await keeper.close();
  });
  afterAll(() => visit.nc.close());

  it.each<[string, (other: Guest, own: Guest) => string]>([
    ['in the name of another', (other) => `rpc.vault.${other.principal}.${other.conn}.acme.secret.decrypt`],
    ['on the connection of another', (other, own) => `rpc.vault.${own.principal}.${other.conn}.acme.secret.decrypt`],
    ['in the name of everybody', () => 'rpc.vault.*.*.acme.secret.decrypt'],
    ['to the audit', (_, own) => `rpc.audit.${own.principal}.${own.conn}.acme.event.list`],
    ['to JetStream', () => '$JS.API.STREAM.NAMES'],
    ['for an event', () => '$JS.API.CONSUMER.MSG.NEXT.VAULT.audit-vault'],
    ['an event', () => 'evt.vault.acme.secret.SecretCreated'],
    ["to another's inbox", (other) => `_R.${other.principal}.${other.conn}.x`],
    ['to the callout', () => '$SYS.REQ.USER.AUTH'],
  ])('may not publish %s', async (_what, subject) => {
    expect(await mayDo(visit, (nc) => nc.publish(subject(chatbot, billing)))).toBe(false);
  });

  it.each<[string, (other: Guest, own: Guest) => string]>([
    ["another's answers", (other) => `_R.${other.principal}.${other.conn}.>`],
    ['the answers to its other connections', (other, own) => `_R.${own.principal}.${other.conn}.>`],
    ["everybody's answers", () => '_R.>'],
    ["another's notices", (other) => `notify.${other.principal}.>`],
    ['requests', () => 'rpc.>'],
    ['requests in its own name', (_, own) => `rpc.vault.${own.principal}.>`],
    ['events', () => 'evt.>'],
    ['everything', () => '>'],
    ['the default inboxes', () => '_INBOX.>'],
    ['what the callout is asked', () => '$SYS.REQ.USER.AUTH'],
  ])('may not listen to %s', async (_what, subject) => {
    expect(await mayDo(visit, (nc) => nc.subscribe(subject(chatbot, billing)))).toBe(false);
  });
});

describe('who is not known', () => {
  it('is told that it is refused, and of what only the log knows', async () => {
    const log = remembering();
    await door({ ...knowing(billing), log });
    await expect(caller({ ...billing, secret: 'a guess' })).rejects.toThrow(CredentialsRefused);
    expect(log.entries).toEqual([
      {
        level: 'info',
        fields: { address: '127.0.0.1', conn: billing.conn, reason: 'unknown' },
        message: 'refused at the door',
      },
    ]);
  });

  it.each([
    ['a wildcard', '*'],
    ['every wildcard', '>'],
    ['a principal and a wildcard', `${chatbot.principal}.*`],
    ['a reference', 'victim.secret'],
    ['a connection with more behind it', `${mintConn()}.>`],
    ['a line break', `${mintConn()}\r\nPUB`],
    ['nobody', ''],
    ['a reader of a wildcard', 'events:*'],
    ['a short name', 'conn'],
  ])('is refused under the name of %s without being looked up', async (_what, user) => {
    const { decide, asked } = knowing(billing);
    await door({ decide });
    await expect(connect({ servers: bus.url, user, pass: billing.secret })).rejects.toThrow(errors.AuthorizationError);
    expect(asked).toEqual([]);
  });

  it.each([
    ['no password', ''],
    ['a password of more than 8 KiB', 'j'.repeat(8_193)],
  ])('is refused with %s without being looked up', async (_what, pass) => {
    const { decide, asked } = knowing(billing);
    await door({ decide });
    await expect(connect({ servers: bus.url, user: billing.conn, pass })).rejects.toThrow(errors.AuthorizationError);
    expect(asked).toEqual([]);
  });

  it.each([
    ['no credentials', {}],
    ['a bare token', { token: billing.secret }],
  ])('is refused with %s', async (_what, credentials) => {
    const { decide, asked } = knowing(billing);
    await door({ decide });
    await expect(connect({ servers: bus.url, ...credentials })).rejects.toThrow(errors.AuthorizationError);
    expect(asked).toEqual([]);
  });

  it('is refused where its admission has ended', async () => {
    await door({ decide: async () => ({ admitted: true, principal: mintPrincipal(), expiresAtMs: Date.now() - 1 }) });
    await expect(caller(billing)).rejects.toThrow(CredentialsRefused);
  });

  it.each(['*', '>', 'victim.secret', `${billing.principal}.>`])('is not let in as principal %s', async (principal) => {
    const log = remembering();
    await door({ decide: async () => ({ admitted: true, principal, expiresAtMs: Date.now() + 60_000 }), log });
    await expect(enterRaw(bus.url, billing)).rejects.toThrow();
    expect(log.entries.map(({ level }) => level)).toEqual(['error']);
  });
});

describe('a door that nobody keeps', () => {
  it('lets in those with keys of their own, keeps callers waiting, and lets them in later', async () => {
    await bus.rpc(bus.identities.vault.rpc);
    const waiting = caller(billing, 60_000);
    await expect(caller(chatbot)).rejects.not.toThrow(CredentialsRefused);
    await door(knowing(billing));
    expect((await waiting).principal).toBe(billing.principal);
  });

  it('is like one whose keeper cannot tell, or takes too long', async () => {
    const log = remembering();
    const failing = { [billing.secret]: 0, [chatbot.secret]: 0 };
    const known = knowing(billing, chatbot).decide;
    await door({
      log,
      decide: async (entrant) => {
        if (failing[entrant.secret]!++ > 0) return known(entrant);
        if (entrant.secret === billing.secret) throw new Error('the journal is down');
        return new Promise(() => {});
      },
    });
    const all = await Promise.all([caller(billing, 60_000), caller(chatbot, 60_000)]);
    expect(all.map(({ principal }) => principal)).toEqual([billing.principal, chatbot.principal]);
    expect(log.entries.map(({ level }) => level)).toEqual(['error', 'error']);
    expect(JSON.stringify(log.entries)).not.toContain('the secret of');
  });

  it('decides a bounded number at once, and leaves the rest waiting', async () => {
    const log = remembering();
    const held: (() => void)[] = [];
    const { decide } = knowing(billing);
    await door({
      log,
      maxAtOnce: 2,
      decide: async (entrant) => {
        await new Promise<void>((resolve) => held.push(resolve));
        return decide(entrant);
      },
    });
    const waiting = Array.from({ length: 5 }, () => enterRaw(bus.url, { ...billing, conn: mintConn() }));
    const outcomes = Promise.allSettled(waiting);
    await until(() => held.length === 2 && log.entries.length === 3);
    for (const release of held.splice(0)) release();
    const admitted = (await outcomes).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(admitted).toHaveLength(2);
    await Promise.all(admitted.map(({ nc }) => nc.close()));
  });

  it('answers what it has in hand before it closes', async () => {
    const held: (() => void)[] = [];
    const { decide } = knowing(billing);
    const keeper = await openDoor(bus, {
      decide: async (entrant) => {
        await new Promise<void>((resolve) => held.push(resolve));
        return decide(entrant);
      },
    });
    const waiting = caller(billing);
    await until(() => held.length === 1);
    const closed = keeper.close();
    // Time enough to close, for who did not wait.
    for (let i = 0; i < 3; i++) await bus.rpc(bus.identities.vault.rpc);
    held[0]!();
    await closed;
    expect((await waiting).principal).toBe(billing.principal);
  });
});

describe('a keeper with wrong keys', () => {
  it('cannot read what it is asked', async () => {
    const log = remembering();
    const { decide, asked } = knowing(billing);
    await door({ decide, log }, { ...bus.identities.callout, xkey: mintKeyPair('curve') });
    await expect(enterRaw(bus.url, billing)).rejects.toThrow();
    expect(asked).toEqual([]);
    expect(log.entries.map(({ message }) => message)).toEqual([
      'a question to the auth callout is of no server that has its key',
    ]);
  });

  it('lets nobody in', async () => {
    const { decide, asked } = knowing(billing);
    await door({ decide }, { ...bus.identities.callout, issuer: mintKeyPair('account') });
    await expect(enterRaw(bus.url, billing)).rejects.toThrow(errors.AuthorizationError);
    expect(asked).toHaveLength(1);
  });

  it('does not begin with a key of another kind', async () => {
    const issuer = mintKeyPair('user');
    await expect(openDoor(bus, knowing(), { ...bus.identities.callout, issuer })).rejects.toThrow();
  });
});

describe('the callout user', () => {
  it('may hear questions in its group and answer them, and nothing else', async () => {
    const nc = await bus.raw(bus.identities.callout.user);
    const visit = { nc, refusals: 0 };
    void (async () => {
      for await (const status of nc.status()) if (status.type === 'error') visit.refusals++;
    })();
    expect(await mayDo(visit, () => nc.subscribe('$SYS.REQ.USER.AUTH', { queue: 'vault' }))).toBe(true);
    expect(await mayDo(visit, () => nc.subscribe('$SYS.REQ.USER.AUTH'))).toBe(false);
    expect(await mayDo(visit, () => nc.subscribe('>'))).toBe(false);
    expect(await mayDo(visit, () => nc.publish('$SYS._INBOX.x.y'))).toBe(true);
    expect(await mayDo(visit, () => nc.publish('$SYS.REQ.USER.AUTH'))).toBe(false);
    expect(await mayDo(visit, () => nc.publish('rpc.vault.a.b.c.d.e'))).toBe(false);
  });
});
