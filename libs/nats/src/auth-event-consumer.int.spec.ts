/** A reader of events on a real server: sees what is meant for it, and cannot write anywhere, not even by a reply. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { READERS_DOMAIN, eventDurable } from './auth-permissions.js';
import { ensureEventConsumer } from './auth-event-consumer.js';
import { type Door, enterRaw, knowing, mayDo, newGuest, openDoor } from './auth.fixture.js';
import { type Bus, startBus, until } from './bus.fixture.js';

const soc = newGuest('the secret of the SOC');
const victim = newGuest('the secret of another');
const durable = eventDurable(soc.principal);
const api = `$JS.${READERS_DOMAIN}.API.CONSUMER`;

let bus: Bus;
let door: Door;
let root: NatsConnection;
let jsm: JetStreamManager;
let visit: Awaited<ReturnType<typeof enterRaw>>;
beforeAll(async () => {
  bus = await startBus();
  door = await openDoor(bus, knowing(soc));
  root = await bus.raw(bus.root.events);
  jsm = await jetstreamManager(root);
  for (const name of ['VAULT', 'AUDIT']) await jsm.streams.add({ name, subjects: [`evt.${name.toLowerCase()}.>`] });
  visit = await enterRaw(bus.url, soc, 'EVENTS');
});
afterAll(async () => {
  await visit.nc.close();
  await door.close();
  await bus.stop();
});

const confine = async (...workspaces: readonly string[]) =>
  ensureEventConsumer(await bus.events(bus.identities.vault.events), {
    service: 'vault',
    principal: soc.principal,
    workspaces,
  });
const happen = async (...workspaces: readonly string[]) => {
  for (const workspace of workspaces)
    await jetstream(root).publish(`evt.vault.${workspace}.secret.SecretCreated`, workspace);
};
const read = async (): Promise<readonly string[]> => {
  const js = jetstream(visit.nc, { domain: READERS_DOMAIN, checkAPI: false });
  const consumer = await js.consumers.get('VAULT', durable);
  const seen: string[] = [];
  for await (const message of await consumer.fetch({ max_messages: 10, expires: 1_000 })) {
    seen.push(message.string());
    expect(await message.ackAck()).toBe(true);
  }
  return seen;
};
const stored = async (stream: string) => (await jsm.streams.info(stream)).state.messages;
describe('a reader of events', () => {
  it('sees those of its workspaces that come after it was admitted, each once', async () => {
    await happen('acme');
    await confine('acme', 'globex');
    await happen('acme', 'initech', 'globex');
    expect(await read()).toEqual(['acme', 'globex']);
    expect(await read()).toEqual([]);
  });

  it('sees no more of a workspace that was taken from it, and goes on where it was', async () => {
    await confine('acme', 'globex');
    await happen('globex', 'acme');
    await confine('globex', 'initech');
    await happen('initech');
    expect(await read()).toEqual(['globex', 'initech']);
    expect((await jsm.consumers.info('VAULT', durable)).config.filter_subjects).toEqual([
      'evt.vault.globex.*.*',
      'evt.vault.initech.*.*',
    ]);
  });

  it('of no workspace has no consumer', async () => {
    await expect(confine()).rejects.toThrow('no workspace');
  });

  it.each(['evt.audit.acme.audit.AuditQueried', 'evt.vault.acme.secret.SecretCreated'])(
    'cannot have JetStream answer into %s',
    async (reply) => {
      await confine('acme');
      await happen('acme', 'acme');
      const before = [await stored('VAULT'), await stored('AUDIT')];
      const ask = (to: string) =>
        mayDo(visit, (nc) => {
          nc.publish(`${api}.INFO.VAULT.${durable}`, '', { reply: to });
          nc.publish(`${api}.MSG.NEXT.VAULT.${durable}`, JSON.stringify({ batch: 1, expires: 1e9 }), { reply: to });
        });
      const inbox = `_INBOX.${soc.conn}.${reply.length}`;
      const answers: string[] = [];
      visit.nc.subscribe(inbox, { callback: (_error, { subject }) => void answers.push(subject) });
      // It may ask; what matters is where the answers go.
      expect(await ask(reply)).toBe(true);
      expect(await ask(inbox)).toBe(true);
      await until(() => answers.length >= 2);
      expect([await stored('VAULT'), await stored('AUDIT')]).toEqual(before);
    },
  );

  it.each([
    ['ask JetStream itself', `$JS.API.CONSUMER.MSG.NEXT.VAULT.${durable}`],
    ['make a consumer', `${api}.CREATE.VAULT.${durable}`],
    ['delete its own', `${api}.DELETE.VAULT.${durable}`],
    ['pull through that of another', `${api}.MSG.NEXT.VAULT.${eventDurable(victim.principal)}`],
    ['pull through that of a service', `${api}.MSG.NEXT.VAULT.audit-vault`],
    ['acknowledge for another', `$JS.ACK.VAULT.audit-vault.1.1.1.1.0`],
    ['read a stream that it was not given', `${api}.MSG.NEXT.AUDIT.${durable}`],
    ['ask the vault', `rpc.vault.${soc.principal}.${soc.conn}.acme.secret.decrypt`],
    ['write an event', 'evt.vault.acme.secret.SecretCreated'],
  ])('may not %s', async (_what, subject) => {
    expect(await mayDo(visit, (nc) => nc.publish(subject))).toBe(false);
  });

  it.each(['evt.>', '>', '_INBOX.>', `_INBOX.${victim.conn}.>`, `_R.${soc.principal}.${soc.conn}.>`])(
    'may not listen to %s',
    async (subject) => {
      expect(await mayDo(visit, (nc) => nc.subscribe(subject))).toBe(false);
    },
  );
});
