/**
 * The scheduler dies at every one of its awaits; whoever takes over brings the rotation to its end, with one version.
 */
import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Conn, partsOf, type Reference, RequestId } from '@keytrail/contracts';
import { mintConn, uuidv7 } from '@keytrail/crypto';
import type { RpcRequest } from '@keytrail/nats';
import { sql } from 'kysely';
import { openSchedulerFixture, type SchedulerFixture } from '../scheduler.fixture.js';
import { handler, setPolicy } from './rotation.fixture.js';
import { RotateSecret, RotateSecretHandler } from './rotation.handler.js';
import type { RotationParts } from './rotation.parts.js';
import { RotationRunner } from './rotation.runner.js';
import type { Taken } from './rotation.store.js';
import { RotationStreams } from './rotation.streams.js';

let on: SchedulerFixture;
beforeAll(async () => {
  on = await openSchedulerFixture();
}, 60_000);
afterAll(() => on?.close(), 30_000);

class Crash extends Error {
  override readonly name = 'Crash';
}

/** Burns at each await of a scheduler, before the effect and after it; where it ends, the scheduler is dead. */
class Fuse {
  private burnt = 0;

  constructor(private readonly length: number) {}

  get isOut(): boolean {
    return this.burnt > this.length;
  }

  burn(): void {
    this.burnt++;
    if (this.isOut) throw new Crash('dead');
  }

  /** The same port, in the hands of a scheduler that may die at any of its methods. */
  on<P extends object>(port: P): P {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]) => {
          this.burn();
          const result: unknown = await method.apply(target, given);
          this.burn();
          return result;
        };
      },
    });
  }
}

const endless = () => new Fuse(Number.POSITIVE_INFINITY);

/** A scheduler on a fuse, without its loop: the spec decides when it looks. */
function scheduler(fuse: Fuse) {
  const { journal, store, vault, principal, log } = on.ports;
  const guarded = fuse.on(store);
  const streams = new RotationStreams(fuse.on(journal), guarded);
  const parts: RotationParts = { streams, store: guarded, vault: fuse.on(vault), principal, log };
  const runner = new RotationRunner(parts);
  return {
    streams,
    runner,
    /** Takes up what is due, once. */
    look: async () => {
      const taken = await guarded.take(100);
      await Promise.all(taken.map((one) => runner.drive(one)));
    },
    rotate: (reference: Reference, commandId: RequestId) =>
      new RotateSecretHandler(parts, runner).execute(
        new RotateSecret({ reference, handler }, requestOf(reference, commandId)),
      ),
  };
}

function requestOf(reference: Reference, commandId: RequestId): RpcRequest {
  const { workspace } = partsOf(reference);
  const conn = Conn.parse(mintConn());
  const { principal } = on.ports;
  return {
    address: { service: 'rotation', principal, conn, workspace, aggregate: 'rotation', verb: 'start' },
    subject: '',
    reply: '',
    actor: principal,
    session: null,
    counter: null,
    replyBytes: 1_000_000,
    requestId: RequestId.parse(uuidv7()),
    deadlineMs: Date.now() + 10_000,
    commandId,
  };
}

/** A secret whose policy has been overdue for years, as a scheduler finds it that was off for so long. */
async function overdue(): Promise<Reference> {
  const reference = on.secret();
  const { streams } = scheduler(endless());
  const facts = { workspace: partsOf(reference).workspace, principal: on.ports.principal, requestId: 'p', detail: {} };
  await streams.change({ reference, facts }, () => setPolicy({ nextRotationAt: '2020-03-01T12:00:00.000Z' }));
  return reference;
}

const leaseRunsOut = (reference: Reference) =>
  sql`update rotation_due set wake_at = clock_timestamp()
       where reference = ${reference} and wake_at is not null`.execute(on.database);

/** The dead say nothing more; whatever else went wrong comes through. */
function unlessDead(error: unknown): void {
  if (!(error instanceof Crash)) throw error;
}

const RUN = ['RotationStarted', 'RotationStepCompleted', 'RotationCompleted'];

/** One version, one run, ended; and nothing left that anybody waits for. */
async function expectOneRotation(reference: Reference): Promise<void> {
  expect(on.vault.versionsOf(reference)).toBe(2);
  const types = (await on.eventsOf(reference)).map(({ type }) => type);
  expect(types.filter((type) => type !== 'RotationPolicySet')).toEqual(RUN);
  expect(await on.ports.store.findRuns({ reference, after: null, limit: 10 })).toMatchObject([
    { status: 'completed', version: 2, code: null },
  ]);
  const { rows } = await sql`select from rotation_due
    where reference = ${reference} and wake_at <= clock_timestamp() + interval '1 minute'`.execute(on.database);
  expect(rows).toHaveLength(0);
}

/** Tries the fuse in every length, up to the one that outlasts the work; answers how many ends were met. */
async function atEveryAwait(live: (fuse: Fuse) => Promise<void>): Promise<number> {
  for (let length = 0; ; length++) {
    const fuse = new Fuse(length);
    await live(fuse);
    if (!fuse.isOut) return length;
  }
}

describe('a scheduler that dies at any of its awaits', () => {
  it('leaves a rotation on schedule to the next, which ends it', async () => {
    const ends = await atEveryAwait(async (fuse) => {
      const reference = await overdue();
      await scheduler(fuse).look().catch(unlessDead);
      await leaseRunsOut(reference);
      await scheduler(endless()).look();
      await expectOneRotation(reference);
    });
    expect(ends).toBeGreaterThan(20);
  }, 60_000);

  it('leaves a rotation by hand to the next, and whoever asked learns of it by asking again', async () => {
    const ends = await atEveryAwait(async (fuse) => {
      const reference = on.secret();
      const commandId = RequestId.parse(uuidv7());
      await scheduler(fuse).rotate(reference, commandId).catch(unlessDead);
      await leaseRunsOut(reference);
      await scheduler(endless()).look();
      const again = await scheduler(endless()).rotate(reference, commandId);
      expect(again).toMatchObject({ ok: true, value: { trigger: 'manual', status: 'completed', version: 2 } });
      await expectOneRotation(reference);
    });
    expect(ends).toBeGreaterThan(20);
  }, 60_000);

  it.each(['before', 'after'] as const)(
    'and a vault that fails %s it has made the version',
    async (when) => {
      await atEveryAwait(async (fuse) => {
        const reference = await overdue();
        on.vault.trouble = { when, code: 'service.unavailable' };
        await scheduler(fuse).look().catch(unlessDead);
        on.vault.trouble = null;
        await leaseRunsOut(reference);
        await scheduler(endless()).look();
        await expectOneRotation(reference);
      });
    },
    60_000,
  );
});

describe('several schedulers', () => {
  it('that carry out the same rotation at once make one version of it', async () => {
    const reference = await overdue();
    const [taken] = await on.ports.store.take(1);
    const all = Array.from({ length: 6 }, () => scheduler(endless()).runner);
    await Promise.all(all.map((runner) => runner.drive(taken as Taken)));
    await leaseRunsOut(reference);
    await scheduler(endless()).look();
    await expectOneRotation(reference);
  });

  it('take up each secret once', async () => {
    const references = await Promise.all(Array.from({ length: 12 }, overdue));
    const takes = await Promise.all(Array.from({ length: 6 }, () => on.ports.store.take(5)));
    const taken = takes.flat().map(({ reference }) => reference);
    expect(taken.toSorted()).toEqual(references.toSorted());
    expect(takes.every(({ length }) => length <= 5)).toBe(true);
    expect(await on.ports.store.take(5)).toEqual([]);
  });

  it('hand over at once where one is stopped', async () => {
    const reference = await overdue();
    const [taken] = await on.ports.store.take(1);
    const { runner } = scheduler(endless());
    await runner.stop();
    await runner.drive(taken as Taken);
    expect(on.vault.versionsOf(reference)).toBe(1);
    await scheduler(endless()).look();
    await expectOneRotation(reference);
  });
});
