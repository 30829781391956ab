/**
 * What befalls PostgreSQL, nats-server and the roads to them, under load: requests are refused in time, nothing is
 * lost, and it passes by itself.
 */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectEvents, eventStream, type EventStream } from '@keytrail/nats';
import { sceneUnderLoad, unready, unscathed } from './fault.fixture.js';
import { query } from './fault-ledger.fixture.js';
import { until } from './stage.fixture.js';

const scene = sceneUnderLoad({ roads: true });
const system = () => scene().stage.system;

describe('a server', () => {
  it.each(['nats', 'postgres'] as const)('is stopped and started again: %s', async (server) => {
    const restart = { begin: () => system().restart(server) };
    expect(await scene().endure(`restart of ${server}`, restart)).toEqual(unscathed);
  });
});

describe('the stream VAULT, within minutes of being written', () => {
  /** As the vault, whose stream it is. */
  let stream: EventStream;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const seed = fs.readFileSync(path.join(system().dir, 'keys/vault-events.seed'), 'utf8');
    const connection = await connectEvents({ url: system().natsUrl, seed, name: 'operator' });
    close = () => connection.close();
    stream = await eventStream({ connection, service: 'vault', maxAgeMs: 30 * 24 * 60 * 60 * 1_000 });
  });
  afterAll(() => close?.());

  /** With nats-server standing still, and then dying, nothing can be written back. */
  async function loseWithTheDisk(): Promise<void> {
    const pid = system().pidOf('nats');
    process.kill(pid, 'SIGSTOP');
    const folder = fs
      .readdirSync(system().data.nats, { recursive: true, encoding: 'utf8' })
      .find((name) => name.endsWith('/streams/VAULT'));
    fs.rmSync(path.join(system().data.nats, folder ?? 'no such stream'), { recursive: true });
    process.kill(pid, 'SIGKILL');
    await until(
      () => system().pidOf('nats'),
      (now) => now !== pid,
    );
  }

  it.each<[string, () => Promise<void>]>([
    ['deleted', () => stream.remove()],
    ['emptied', () => stream.recreate()],
    ['lost with its disk', loseWithTheDisk],
  ])('is %s, and filled again: message n is event n, and readers miss and repeat nothing', async (what, lose) => {
    const before = await stream.inspect();
    const filled = async () => isWhole(await stream.inspect().catch(() => null), before);
    const lost = { begin: lose, meanwhile: () => until(filled, Boolean) };
    expect(await scene().endure(`VAULT ${what}`, lost)).toEqual(unscathed);
    const { journal } = scene().ledger;
    const last = Math.min((await stream.inspect())?.lastSeq ?? 0, journal.length);
    const sample = Array.from({ length: 50 }, (_, i) => Math.ceil(((i + 1) * last) / 50));
    const stored = await Promise.all(sample.map((sequence) => stream.eventIdAt(sequence)));
    expect(stored).toEqual(sample.map((sequence) => journal[sequence - 1]));
  });
});

type Facts = Awaited<ReturnType<EventStream['inspect']>>;

/** A stream of its own, and at least as long as the one that is gone. */
function isWhole(now: Facts, before: Facts): boolean {
  if (now === null || before === null || now.createdMs === before.createdMs) return false;
  return now.firstSeq === 1 && now.messages === now.lastSeq && now.lastSeq >= before.lastSeq;
}

describe('PostgreSQL that would not keep what it acknowledges', () => {
  const tell = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of [...statements, 'select pg_reload_conf()']) {
      await query(system().databaseUrl('vault'), statement);
    }
  };
  /** Sessions keep what they were opened with: these are opened anew. */
  const reconnect = `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'keytrail_vault_service'`;

  it.each([
    ['fsync=off', ['alter system set fsync = off'], ['alter system reset fsync']],
    [
      'synchronous_commit=off for the server',
      ['alter system set synchronous_commit = off'],
      ['alter system reset synchronous_commit'],
    ],
    [
      'synchronous_commit=off for the service',
      ['alter role keytrail_vault_service set synchronous_commit = off', reconnect],
      ['alter role keytrail_vault_service reset synchronous_commit'],
    ],
  ])('is asked for nothing: %s', async (name, unsafe, safe) => {
    const { stage, load } = scene();
    const refused = async (): Promise<void> => {
      await until(
        () => unready(stage),
        (names) => names.includes('vault'),
      );
      await load.untilRefused();
      const [told, receipts, stored] = [load.told.length, load.receipts.length, load.stored.length];
      await until(
        () => load.told.length - told,
        (count) => count >= 100,
      );
      expect(load.told.slice(told).filter(({ code }) => code !== 'journal.unavailable')).toEqual([]);
      expect([load.receipts.length, load.stored.length]).toEqual([receipts, stored]);
    };
    const setting = { begin: () => tell(...unsafe), meanwhile: refused, end: () => tell(...safe) };
    expect(await scene().endure(name, setting)).toEqual(unscathed);
  });
});

describe.each(['postgres', 'nats'] as const)('the road to %s', (server) => {
  const road = () => system().roads()[server];
  const end = () => road().resume();
  const refused = () => scene().load.untilRefused();

  it('is long: 200 ms there and back', async () => {
    const aftermath = await scene().endure(`latency of 200 ms to ${server}`, {
      begin: () => road().delay({ toServer: 100, toClient: 100 }),
      meanwhile: () => scene().load.untilServed(),
      end,
    });
    expect(aftermath).toEqual(unscathed);
  });

  it('is cut', async () => {
    const cut = { begin: () => road().cut(), meanwhile: refused, end };
    expect(await scene().endure(`cut of the road to ${server}`, cut)).toEqual(unscathed);
  });

  it.each(['toServer', 'toClient'] as const)('loses whatever goes %s, and nobody is told', async (lost) => {
    const halfOpen = { begin: () => road().halfOpen(lost), meanwhile: refused, end };
    expect(await scene().endure(`road to ${server} deaf ${lost}`, halfOpen)).toEqual(unscathed);
  });

  it('hides for three seconds that the server has hung up, which is back long before', async () => {
    const slowClose = {
      begin: () => road().closeSlowly(3_000),
      meanwhile: () => system().restart(server),
      end,
    };
    expect(await scene().endure(`slow close by ${server}`, slowClose)).toEqual(unscathed);
  });
});
