/**
 * What a vault tells an orchestrator and a scraper, while all is well and while it is not; servers are really stopped.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { misplacedSamples, type PostgresServer, samplesOf, startPostgres, tcpProxy } from '@keytrail/testing';
import { sql } from 'kysely';
import { codeOf, openVaultFixture, type VaultFixture } from './vault.fixture.js';

const reference = 'tenant.acme.openai.telling';
let on: VaultFixture;
let restarted: PostgresServer | undefined;

beforeAll(async () => {
  on = await openVaultFixture();
  await on.admin.ask('workspace.create', { slug: 'acme' });
  await on.admin.ask('secret.create', { reference, sealedValue: await on.seal(reference, 'the value') });
});
afterAll(async () => {
  await on?.close();
  await restarted?.stop();
});

async function ask(path: string, { healthPort } = on.first) {
  const response = await fetch(`http://127.0.0.1:${healthPort}${path}`);
  return { status: response.status, text: await response.text() };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

async function failing(of = on.first): Promise<readonly string[]> {
  const { text } = await ask('/health/ready', of);
  return (JSON.parse(text) as { readonly failing?: readonly string[] }).failing ?? [];
}

const page = async (of = on.first) => (await ask('/metrics', of)).text;

/** The one sample of this name and these labels, whatever further labels it has. */
function valueOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  return samplesOf(text).find(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value;
}

async function eventsInJournals(): Promise<number> {
  const { rows } = await sql<{ events: number }>`
    select ((select count(*) from journal) + (select count(*) from access_journal))::int as events`.execute(
    on.database,
  );
  return rows[0]?.events ?? 0;
}

describe('the metrics of a vault', () => {
  it('tell what was done, and never of whom', async () => {
    const absent = `${reference}_absent`;
    const codes = await Promise.all(
      [reference, absent, reference, absent, reference].map(async (each) =>
        codeOf(await on.billing.ask('secret.decrypt', { reference: each })),
      ),
    );
    expect(codes.toSorted()).toEqual(['ok', 'ok', 'ok', 'secret.unavailable', 'secret.unavailable']);
    await on.admin.ask('secret.revoke', { reference });
    const events = await eventsInJournals();
    await until(async () => valueOf(await page(), 'keytrail_relay_published_events') === events);

    const text = await page();
    expect(misplacedSamples(text, ['acme', reference, on.billing.principal, on.admin.principal])).toEqual([]);
    const decrypts = (code: string) =>
      valueOf(text, 'keytrail_rpc_request_seconds_count', { operation: 'secret.decrypt', code });
    expect([decrypts('ok'), decrypts('secret.unavailable')]).toEqual([3, 2]);
    // Two sessions were opened beside the decrypts; a principal and its token were made beside workspace and secret.
    const committed = (journal: string) => valueOf(text, 'keytrail_journal_commit_items_sum', { journal });
    expect([committed('accesses'), committed('decisions'), committed('withdrawals')]).toEqual([7, 4, 1]);
    expect(valueOf(text, 'keytrail_journal_commit_seconds_sum', { journal: 'accesses' })).toBeGreaterThan(0);
    expect(valueOf(text, 'keytrail_journal_queue_items', { journal: 'accesses' })).toBe(0);
    expect(valueOf(text, 'keytrail_relay_leading_state')).toBe(1);
    expect(valueOf(text, 'keytrail_relay_lag_seconds')).toBe(0);
    expect(valueOf(text, 'keytrail_rpc_in_flight_requests')).toBe(0);
    const lookups = (cache: string) =>
      ['hit', 'miss'].map((outcome) => valueOf(text, 'keytrail_cache_lookups_total', { cache, outcome }) ?? Number.NaN);
    const [hits, misses] = lookups('secrets') as [number, number];
    expect(hits + misses).toBeGreaterThanOrEqual(5);
    for (const cache of ['secrets', 'versions', 'principals', 'workspaces']) {
      expect(Math.max(...lookups(cache))).toBeGreaterThan(0);
      expect(valueOf(text, 'keytrail_cache_bytes', { cache })).toBeGreaterThan(0);
    }
    expect(valueOf(text, 'process_cpu_seconds_total')).toBeGreaterThan(0);
  });

  it('tell whose transaction holds the relay back, and for how long', async () => {
    await on.database.transaction().execute(async (tx) => {
      // On a busy machine it may take longer until the page tells than a transaction of ours may last.
      await sql`select set_config('transaction_timeout', '0', true),
                       set_config('idle_in_transaction_session_timeout', '0', true), pg_current_xact_id()`.execute(tx);
      await until(async () => (valueOf(await page(), 'keytrail_postgres_horizon_seconds') ?? 0) > 0.1);
      const [sample] = samplesOf(await page()).filter(({ name }) => name === 'keytrail_postgres_horizon_seconds');
      expect(sample?.labels).toEqual({ holder: 'keytrail_vault idle in transaction' });
    });
  });
});

describe('a vault', () => {
  it('is ready while all that it needs is there', async () => {
    expect(await ask('/health/ready')).toEqual({ status: 200, text: '{"status":"ready"}' });
  });

  it('whose database has fallen silent says so within a second or so, and still tells its metrics', async () => {
    const road = await tcpProxy(on.postgres.port);
    const vault = await on.replica(undefined, road.port);
    expect(await failing(vault)).toEqual([]);
    road.stall();
    expect(await ask('/health/live', vault)).toMatchObject({ status: 200 });
    expect(await failing(vault)).toEqual(['journal']);
    const text = await page(vault);
    expect(valueOf(text, 'keytrail_journal_queue_items')).toBe(0);
    expect(valueOf(text, 'keytrail_postgres_horizon_seconds')).toBeUndefined();
    expect(valueOf(text, 'keytrail_journal_unpublished_seconds')).toBeUndefined();
    road.resume();
    await until(async () => (await failing(vault)).length === 0);
    expect(valueOf(await page(vault), 'keytrail_postgres_horizon_seconds')).toBeDefined();
    await vault.close();
    await road.close();
  }, 30_000);

  it('whose database is down says so, and is ready again once it is back', async () => {
    await on.postgres.kill();
    await until(async () => (await failing()).includes('journal'));
    expect(await failing()).toEqual(['journal']);
    expect(await ask('/health/live')).toMatchObject({ status: 200 });
    restarted = await startPostgres({ dir: on.postgres.dir, port: on.postgres.port });
    await until(async () => (await failing()).length === 0);
  }, 60_000);

  it('whose stream and journal contradict each other says so, and goes on answering', async () => {
    await sql`update relay_mark set event_id = gen_random_uuid()`.execute(on.database);
    const vault = await on.restart();
    await until(async () => (await failing(vault)).length > 0);
    expect(await failing(vault)).toEqual(['relay']);
    expect(valueOf(await page(vault), 'keytrail_relay_stopped_state')).toBe(1);
    expect(codeOf(await on.billing.ask('secret.decrypt', { reference }))).toBe('secret.unavailable');
    expect(valueOf(await page(vault), 'keytrail_journal_unpublished_seconds')).toBeGreaterThan(0);
  });

  it('that has lost NATS says so', async () => {
    const vault = await on.replica();
    await on.nats.kill();
    const lost = async () => (await failing(vault)).filter((name) => name.startsWith('nats'));
    await until(async () => (await lost()).length === 3);
    expect(await lost()).toEqual(['nats-rpc', 'nats-events', 'nats-auth']);
    expect(await ask('/health/live', vault)).toMatchObject({ status: 200 });
  });
});
