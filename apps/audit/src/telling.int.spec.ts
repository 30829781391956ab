/** What the audit tells an orchestrator and a scraper, while all is well and while it is not. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { misplacedSamples, samplesOf } from '@keytrail/testing';
import { sql } from 'kysely';
import { auditOnTheBus, type AuditOnTheBus, until } from './audit.fixture.js';

let on: AuditOnTheBus;
beforeAll(async () => {
  on = await auditOnTheBus();
}, 60_000);
afterAll(() => on?.end(), 30_000);

const subject = 'tenant.acme.openai.telling';
const failing = async (): Promise<readonly string[]> => (await on.readiness()).failing ?? [];

/** Of the vault's stream, where a sample is of one. */
async function valueOf(name: string): Promise<number | undefined> {
  const samples = samplesOf(await on.metrics()).filter((sample) => sample.name === name);
  return samples.find(({ labels }) => labels['service'] === undefined || labels['service'] === 'vault')?.value;
}

describe('the metrics of an audit', () => {
  it('tell how far it has come, and never of whom', async () => {
    await on.publish({ subject, requestid: 't1' }, { subject, requestid: 't2' });
    await until(async () => (await valueOf('keytrail_reader_handled_events')) === 2);
    expect(await valueOf('keytrail_reader_following_state')).toBe(1);
    expect(await valueOf('keytrail_reader_pending_events')).toBe(0);
    expect(await valueOf('keytrail_reader_event_age_seconds')).toBeLessThan(60);
    expect(await valueOf('keytrail_reader_parked_events')).toBe(0);
    expect(await valueOf('keytrail_rpc_request_seconds_count')).toBeGreaterThan(0);
    expect(misplacedSamples(await on.metrics(), ['acme', subject])).toEqual([]);
  });
});

describe('an audit', () => {
  it('that cannot take in what arrives is not ready, until it can', async () => {
    await until(async () => !(await failing()).includes('vault-stream'));
    const released = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const holder = on.root.transaction().execute(async (tx) => {
      await sql`set local transaction_timeout = 0`.execute(tx);
      await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx);
      await sql`lock table audit_event in share mode`.execute(tx);
      locked.resolve();
      await released.promise;
    });
    await locked.promise;
    const published = on.publish({ subject, requestid: 't3' });
    await until(async () => (await failing()).includes('vault-stream'));
    await until(async () => ((await valueOf('keytrail_reader_retries_total')) ?? 0) >= 2);
    // However often it tries: what it cannot take in is in the way all the time.
    for (let look = 0; look < 100; look++) expect(await failing()).toContain('vault-stream');
    expect(await valueOf('keytrail_reader_pending_events')).toBe(1);
    released.resolve();
    await holder;
    await published;
    await until(async () => !(await failing()).includes('vault-stream'));
  }, 30_000);

  it('whose database is down says so, and still tells what it knows', async () => {
    await on.stopDatabase();
    await until(async () => (await failing()).includes('database'));
    expect(await valueOf('keytrail_reader_handled_events')).toBe(3);
    expect(await valueOf('keytrail_reader_parked_events')).toBeUndefined();
    await on.startDatabase();
    await until(async () => !(await failing()).includes('database'));
  }, 60_000);

  it('that has lost NATS says so', async () => {
    await on.nats.kill();
    await until(async () => (await failing()).includes('vault-stream'));
    await until(async () => (await failing()).filter((name) => name.startsWith('nats')).length === 2);
    expect(await failing()).toEqual(expect.arrayContaining(['nats-rpc', 'nats-events', 'vault-stream']));
  });
});
