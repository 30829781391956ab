/** Where decrypts are measured: a Keytrail of its own, the echo beside it, and who of it is running. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DecryptBatchReply, DecryptReply, RpcReply } from '@keytrail/contracts';
import type { RpcCall } from '@keytrail/nats';
import { gatewayApi } from '../gateway-api.js';
import type { Running } from '../keep-running.js';
import { startAnotherVault } from '../promises/another-vault.js';
import { query } from '../promises/records.js';
import { requesterOf, type Requester } from '../requester.js';
import type { System } from '../system.js';
import { type Echo, startEcho } from './echo.js';
import { drawnReferences, makeSecrets } from './many-secrets.js';
import type { Used } from './per-decrypt.js';
import { cpuMicrosecondsOf, residentMbOf } from './process-use.js';
import { ReaderLag } from './reader-lag.js';
import type { Scenario } from './scenario.js';
import type { Telling } from './step.js';

const BESIDE_THE_VAULT = ['gateway', 'anomaly-detector', 'audit', 'rotation-scheduler'] as const;
const READERS = ['audit', 'anomaly-detector'] as const;

interface Site extends Telling {
  readonly system: System;
  /** For the echo's server, and the logs of further vaults. */
  readonly dir: string;
}

/** Both ways of asking, for one scenario. */
export interface Prepared {
  readonly echo: () => Promise<RpcReply>;
  readonly decrypt: () => Promise<RpcReply>;
  readonly requestBytes: number;
  readonly replyBytes: number;
}

export class DecryptStage {
  private readonly echoes = new Map<number, Echo>();
  private readonly vaults: Running[] = [];
  private readonly lag: ReaderLag;
  private isWhole = true;

  private constructor(
    private readonly site: Site,
    private readonly billing: Requester,
  ) {
    this.lag = new ReaderLag(site.system);
  }

  /** Stores a value of each size, while there is a gateway. */
  static async open(site: Site, sizes: Iterable<number>): Promise<DecryptStage> {
    const api = gatewayApi(site.system);
    await api.post('/workspaces', { slug: 'acme' });
    for (const bytes of new Set(sizes))
      await api.post('/secrets', { reference: referenceFor(bytes), value: { text: 'v'.repeat(bytes) } });
    return new DecryptStage(site, await requesterOf(site.system, 'billing'));
  }

  /** Starts what the scenario has, makes the secrets that it needs, and ends what it is without. */
  async prepare(scenario: Scenario): Promise<Prepared> {
    await this.staff(scenario);
    const { valueBytes } = scenario;
    const next = await this.callsOf(scenario);
    const call = next();
    const sample = await this.billing.rpc.request<DecryptReply>(call);
    const folder = path.join(this.site.dir, `echo-${valueBytes}`);
    const echo = this.echoes.get(valueBytes) ?? (await startEcho(folder, sample));
    this.echoes.set(valueBytes, echo);
    return {
      // Nobody but a caller may decrypt, and the echo's asker is none; the name is as long.
      echo: () => echo.rpc.request({ ...next(), verb: 'resound' }),
      decrypt: () => this.billing.rpc.request(next()),
      requestBytes: JSON.stringify(call.body).length,
      replyBytes: JSON.stringify(sample).length,
    };
  }

  /** One secret, again and again, of whatever is running. */
  decrypt(valueBytes: number): () => Promise<RpcReply> {
    const call = callFor(referenceFor(valueBytes));
    return () => this.billing.rpc.request(call);
  }

  /** The same secret, so many times in one request. */
  decryptMany(valueBytes: number, count: number): () => Promise<RpcReply<DecryptBatchReply>> {
    const { body, ...call } = callFor(referenceFor(valueBytes));
    const many = { ...call, verb: 'decrypt_batch', body: { items: Array.from({ length: count }, () => body) } };
    return () => this.billing.rpc.request(many);
  }

  used(): Used {
    const readers = this.isWhole ? READERS : [];
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
    return this.isWhole ? this.lag.ms() : null;
  }

  /** What the first vault tells a scraper. */
  async metrics(): Promise<string> {
    const response = await fetch(new URL('/metrics', this.site.system.health.vault));
    if (!response.ok) throw new Error(`the vault's metrics were answered ${response.status}`);
    return response.text();
  }

  /** How many accesses stand in the journal. */
  async committed(): Promise<number> {
    const text = `select count(*) as count from access_journal where type = 'SecretDecrypted'`;
    const [row] = await this.rows<{ count: string }>(text);
    return Number(row?.count);
  }

  /** Of the transactions that recorded accesses since a moment, how many each recorded. */
  async batchMedian(since: Date): Promise<number> {
    const text = `select percentile_disc(0.5) within group (order by n) as median
                    from (select count(*) as n from access_journal where time >= $1 group by tx) batch`;
    const [row] = await this.rows<{ median: string }>(text, [since]);
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

  private async staff({ whole, replicas }: Scenario): Promise<void> {
    const { system, dir, signal } = this.site;
    if (!whole && this.isWhole) for (const name of BESIDE_THE_VAULT) await system.end(name);
    this.isWhole = whole;
    while (this.vaults.length + 1 < replicas) {
      const folder = path.join(dir, `vault-${this.vaults.length + 2}`);
      this.vaults.push(await startAnotherVault(system, { folder, signal }));
    }
    while (this.vaults.length + 1 > replicas) await this.vaults.pop()?.stop();
  }

  /** What is asked, one call after the other. */
  private async callsOf({ secrets, valueBytes }: Scenario): Promise<() => RpcCall> {
    if (secrets === 1) {
      const call = callFor(referenceFor(valueBytes));
      return () => call;
    }
    const { system, say, signal } = this.site;
    say(`  making ${secrets} secrets`);
    const since = performance.now();
    await makeSecrets({ system, count: secrets, valueBytes, anybody: this.billing.rpc, signal });
    say(`  that took ${Math.round((performance.now() - since) / 1_000)} s`);
    const next = drawnReferences(secrets);
    return () => callFor(next());
  }

  private vaultPids(): readonly number[] {
    return [this.site.system.pidOf('vault'), ...this.vaults.map(({ pid }) => pid)];
  }

  private rows<R extends object>(text: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    return query<R>(this.site.system.databaseUrl('vault'), text, values);
  }
}

const referenceFor = (bytes: number): string => `tenant.acme.openai.prod_${bytes}`;

const callFor = (reference: string): RpcCall => ({
  service: 'vault',
  workspace: 'acme',
  aggregate: 'secret',
  verb: 'decrypt',
  body: { reference },
});
