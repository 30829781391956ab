/**
 * Kill -9, one process after the other, under load: each comes back by itself, and whoever holds a receipt finds it in
 * the audit.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { ProcessName } from '@keytrail/scripts/system';
import { sceneUnderLoad, unscathed } from './fault.fixture.js';
import { query } from './fault-ledger.fixture.js';
import { holdBeforeRelay, type Held, killBetweenEffectAndAcknowledgement } from './fault-moments.fixture.js';
import { processNames, until } from './stage.fixture.js';

const scene = sceneUnderLoad({});
const system = () => scene().stage.system;

/** Returns once another process has taken its place. */
async function untilReplaced(name: ProcessName, pid: number): Promise<void> {
  await until(
    () => system().pidOf(name),
    (now) => now !== pid,
  );
}

async function kill(name: ProcessName): Promise<void> {
  const pid = system().pidOf(name);
  process.kill(pid, 'SIGKILL');
  await untilReplaced(name, pid);
}

describe('a process that is killed', () => {
  it.each(processNames)('comes back by itself, and what was acknowledged with it: %s', async (name) => {
    const { stage } = scene();
    const [pid, told] = [system().pidOf(name), stage.notices.length];
    const restarted = name === 'nats' || name === 'postgres' ? [] : [name];
    const aftermath = await scene().endure(`kill -9 of ${name}`, { begin: () => kill(name) });
    expect(aftermath).toEqual({ ...unscathed, restarted });
    expect(stage.notices.slice(told)).toEqual([
      `${name} (process ${pid}) was killed by SIGKILL; starting it again`,
      `${name} is back as process ${system().pidOf(name)}`,
    ]);
  });
});

describe('a vault that is killed after the commit and before the relay', () => {
  it('has all that it acknowledged in the audit, once', async () => {
    const { load } = scene();
    let acknowledged: readonly string[] = [];
    let held: Held | undefined;
    const audited = () =>
      query<{ id: string }>(system().databaseUrl('audit'), 'select id from audit_event where id = any ($1)', [
        acknowledged,
      ]);
    const aftermath = await scene().endure('kill -9 of vault between commit and relay', {
      begin: async () => {
        held = await holdBeforeRelay(system());
        // What was under way may have been seen.
        await load.untilServed();
        const from = load.receipts.length;
        await load.untilServed();
        acknowledged = load.receipts.slice(from);
        await kill('vault');
      },
      meanwhile: async () => expect(await audited()).toEqual([]),
      end: () => held?.release(),
    });
    expect(aftermath).toEqual({ ...unscathed, restarted: ['vault'] });
    expect(acknowledged.length).toBeGreaterThan(0);
    expect((await audited()).length).toBe(acknowledged.length);
  });
});

describe('an audit that is killed between effect and acknowledgement', () => {
  it('is given nothing that counts twice', async () => {
    const pid = system().pidOf('audit');
    const aftermath = await scene().endure('kill -9 of audit between effect and acknowledgement', {
      begin: () => killBetweenEffectAndAcknowledgement(system()),
      end: () => untilReplaced('audit', pid),
    });
    expect(aftermath).toEqual({ ...unscathed, restarted: ['audit'] });
  });
});

describe('after all that', () => {
  /** The audit that folds anew opens a session, of which it is told as well. */
  const before = `(service <> 'vault' or ordinal <= $1)`;

  it('the audit tells every access of every secret once', async () => {
    const { load, stage } = scene();
    await load.stop();
    const chatbot = await stage.caller('chatbot');
    const [reference = ''] = load.references;
    (await chatbot.decrypt(reference, { requestId: 'at-last' })).destroy();
    const entries = await stage.entriesThrough('at-last');
    const decrypts = entries.filter((entry) => entry.action === 'decrypt' && entry.reference === reference);
    expect(new Set(decrypts.map(({ id }) => id)).size).toBe(decrypts.length);
    const { json } = await stage.ask('GET', `/secrets/${reference}/accesses`);
    expect(json).toMatchObject({ decrypted: decrypts.length, denied: 0 });
  });

  it('its views, folded anew from the first event on, are equal to those before', async () => {
    const url = system().databaseUrl('audit');
    const newest = `select max(ordinal) as ordinal from audit_event where service = 'vault'`;
    const now = [(await query<{ ordinal: string }>(url, newest))[0]?.ordinal];
    const rows = async (): Promise<unknown> =>
      Promise.all([
        query(url, `select * from audit_event where ${before} order by service, ordinal`, now),
        query(url, 'select * from secret_usage order by reference'),
        query(url, 'select projection, least(ordinal, $1) from projection_checkpoint order by projection', now),
      ]);
    const count = async () =>
      (await query<{ n: string }>(url, `select count(*) as n from audit_event where ${before}`, now))[0]?.n;
    const [whole, events] = [await rows(), await count()];
    await rebuildAudit();
    expect(await count()).toBe('0');
    await system().restart('audit');
    await until(count, (folded) => folded === events);
    expect(await rows()).toEqual(whole);
  });
});

/** As an operator would, with what the operator is told to use. */
async function rebuildAudit(): Promise<void> {
  const ownerFile = path.join(system().dir, 'keys/audit.owner.database-url');
  const program = path.resolve(import.meta.dirname, '../../apps/audit/dist/rebuild.js');
  await promisify(execFile)(process.execPath, [program], { env: { KEYTRAIL_OWNER_DATABASE_URL_FILE: ownerFile } });
}
