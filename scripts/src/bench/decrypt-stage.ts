/** Where decrypts are measured: a Keytrail of its own, the echo beside it, and who of it is running. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DecryptReply, RpcReply } from '@keytrail/contracts';
import type { RpcCall } from '@keytrail/nats';
import { gatewayApi } from '../gateway-api.js';
import type { Running } from '../keep-running.js';
import type { DatabaseOwner } from '../local-databases.js';
import { startAnotherVault } from '../promises/another-vault.js';
import { query } from '../promises/records.js';
import { requesterOf, type Requester } from '../requester.js';
import type { System } from '../system.js';
import { type Echo, startEcho } from './echo.js';
import { cpuMicrosecondsOf, residentMbOf } from './process-use.js';
import type { Scenario } from './scenario.js';

const BESIDE_THE_VAULT = ['gateway', 'anomaly-detector', 'audit', 'rotation-scheduler'] as const;
const READERS = { 'audit-vault': 'audit', 'anomaly-vault': 'anomaly-detector' } as const;

interface Site {
  readonly system: System;
  /** For the echo's server, and the logs of further vaults. */
  readonly dir: string;
  readonly signal: AbortSignal;
}

/** Both ways of asking, for one scenario. */
export interface Prepared {
  readonly echo: () => Promise<RpcReply>;
  readonly decrypt: () => Promise<RpcReply>;
  readonly requestBytes: number;
  readonly replyBytes: number;
}

/** Microseconds of processor time since the start, by process. */
export type Used = Readonly<Record<string, number | null>>;

export class DecryptStage {
  private readonly echoes = new Map<number, Echo>();
  private readonly vaults: Running[] = [];
  private isWhole = true;

  private constructor(
    private readonly site: Site,
    private readonly billing: Requester,
  ) {}

  /** Stores a value of each size, while there is a gateway. */
  static async open(site: Site, sizes: Iterable<number>): Promise<DecryptStage> {
    const api = gatewayApi(site.system);
    await api.post('/workspaces', { slug: 'acme' });
    for (const bytes of new Set(sizes))
      await api.post('/secrets', { reference: referenceFor(bytes), value: { text: 'v'.repeat(bytes) } });
    return new DecryptStage(site, await requesterOf(site.system, 'billing'));
  }

  /** Starts what the scenario has, and ends what it is without. */
  async prepare({ whole, valueBytes, replicas }: Scenario): Promise<Prepared> {
    const { system, dir, signal } = this.site;
    const call = callFor(valueBytes);
    if (!whole && this.isWhole) for (const name of BESIDE_THE_VAULT) await system.end(name);
    this.isWhole = whole;
    while (this.vaults.length + 1 < replicas) {
      const folder = path.join(dir, `vault-${this.vaults.length + 2}`);
      this.vaults.push(await startAnotherVault(system, { folder, signal }));
    }
    while (this.vaults.length + 1 > replicas) await this.vaults.pop()?.stop();
    const sample = await this.billing.rpc.request<DecryptReply>(call);
    const echo = this.echoes.get(valueBytes) ?? (await startEcho(path.join(dir, `echo-${valueBytes}`), sample));
    this.echoes.set(valueBytes, echo);
    return {
      // Nobody but a caller may decrypt, and the echo's asker is none; the name is as long.
      echo: () => echo.rpc.request({ ...call, verb: 'resound' }),
      decrypt: () => this.billing.rpc.request(call),
      requestBytes: JSON.stringify(call.body).length,
      replyBytes: JSON.stringify(sample).length,
    };
  }

  used(): Used {
    const readers = this.isWhole ? Object.values(READERS) : [];
    const pids = Object.fromEntries(
      (['postgres', 'nats', ...readers] as const).map((name) => [name, this.site.system.pidOf(name)]),
    );
    const vaults = this.vaultPids().map(cpuMicrosecondsOf);
    return {
      vault: vaults.includes(null) ? null : vaults.reduce<number>((sum, us) => sum + (us ?? 0), 0),
      ...Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMicrosecondsOf(pid)])),
      caller: process.cpuUsage().user + process.cpuUsage().system,
    };
  }

  residentMb(): number | null {
    return Math.max(...this.vaultPids().map((pid) => residentMbOf(pid) ?? 0)) || null;
  }

  /** Since when, in ms, the first event waits that a reader has not taken in; null where nobody reads. */
  async lagMs(): Promise<number | null> {
    if (!this.isWhole) return null;
    const lags = Object.entries(READERS).map(async ([projection, service]) => {
      const [row] = await this.rows<{ ordinal: string }>(
        service,
        'select ordinal from projection_checkpoint where projection = $1',
        [projection],
      );
      const nowMs = Date.now();
      const [next] = await this.rows<{ time: Date }>(
        'vault',
        `select time from (select tx, position, time from journal union all select tx, position, time from access_journal) e
          order by tx, position offset $1 limit 1`,
        [row?.ordinal ?? 0],
      );
      return next === undefined ? 0 : Math.max(0, nowMs - next.time.getTime());
    });
    return Math.max(...(await Promise.all(lags)));
  }

  /** How many accesses stand in the journal. */
  async committed(): Promise<number> {
    const text = `select count(*) as count from access_journal where type = 'SecretDecrypted'`;
    const [row] = await this.rows<{ count: string }>('vault', text);
    return Number(row?.count);
  }

  /** Of the transactions that recorded accesses since a moment, how many each recorded. */
  async batchMedian(since: Date): Promise<number> {
    const text = `select percentile_disc(0.5) within group (order by n) as median
                    from (select count(*) as n from access_journal where time >= $1 group by tx) batch`;
    const [row] = await this.rows<{ median: string }>('vault', text, [since]);
    return Number(row?.median);
  }

  /** Begins to profile the first vault, or ends that; see profiler.ts. */
  async toggleProfile(): Promise<void> {
    process.kill(this.site.system.pidOf('vault'), 'SIGUSR2');
    await sleep(200);
  }

  async close(): Promise<void> {
    await this.billing.close();
    for (const vault of this.vaults.splice(0)) await vault.stop();
    for (const echo of this.echoes.values()) await echo.stop();
  }

  private vaultPids(): readonly number[] {
    return [this.site.system.pidOf('vault'), ...this.vaults.map(({ pid }) => pid)];
  }

  private rows<R extends object>(
    database: DatabaseOwner,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<readonly R[]> {
    return query<R>(this.site.system.databaseUrl(database), text, values);
  }
}

const referenceFor = (bytes: number): string => `tenant.acme.openai.prod_${bytes}`;

const callFor = (valueBytes: number): RpcCall => ({
  service: 'vault',
  workspace: 'acme',
  aggregate: 'secret',
  verb: 'decrypt',
  body: { reference: referenceFor(valueBytes) },
});
