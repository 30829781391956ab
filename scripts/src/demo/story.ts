/** What the demo does, step by step, and what it found. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEntry, Finding, RotationRun } from '@keytrail/contracts';
import { sha256Hex } from '@keytrail/crypto';
import { canarySecret, type CanaryShape } from '@keytrail/testing';
import { gatewayApi, type GatewayApi } from '../gateway-api.js';
import type { System } from '../system.js';
import { startReader, type Reader } from './reader-process.js';

const WORKSPACES = ['acme', 'globex'] as const;
const SHAPES: readonly CanaryShape[] = ['openai', 'anthropic', 'groq', 'database'];
const ROUNDS = 50;
/** With the rounds before, more than a hundred accesses of one secret. */
const BURST = 60;
const PATIENCE_MS = 15_000;
const POLL_MS = 50;

export interface DemoResult {
  readonly stored: number;
  readonly decrypted: number;
  /** In the second process: the SHA-256 of each value that it obtained is the one of the value that was stored. */
  readonly plaintextMatches: boolean;
  readonly auditEvents: number;
  /** The receipts of the second process and the decrypts in the audit are the same set, each once. */
  readonly everyAccessAudited: boolean;
  readonly refusedAfterRevoke: boolean;
  /** What the anomaly-detector has noticed. */
  readonly findings: number;
  /** Rotations that were completed: one by hand, one by the scheduler itself. */
  readonly rotations: number;
  readonly seconds: number;
}

export interface DemoStage {
  readonly system: System;
  /** Makes the values; another seed, other values. */
  readonly seed: string;
  readonly say: (line: string) => void;
}

interface DemoSecret {
  readonly reference: string;
  readonly value: string;
}

export async function tellStory({ system, seed, say }: DemoStage): Promise<Omit<DemoResult, 'seconds'>> {
  const api = gatewayApi(system);
  const secrets = demoSecrets(seed);
  await store(api, secrets, { system, say });

  say('\n2. Another process, the service "billing", obtains each of them over NATS:');
  say('     npm run -s decrypt -- tenant.acme.openai.prod');
  const reader = await startReader(system);
  try {
    const read = await readAll(reader, secrets);
    say(
      `   ${read.eventIds.length} values obtained; each receipt names an event that was durable before the value left`,
    );
    const refusedAfterRevoke = await revokeAndTry({ api, reader, reference: secrets[0]?.reference ?? '', system, say });
    const burst = await readInABurst({ api, reader, secret: secrets.at(-1) as DemoSecret, system, say });
    const rotations = await rotate(api, { system, say });
    const eventIds = [...read.eventIds, ...burst.eventIds];
    const audited = await readAudit(api, eventIds, { system, say });
    return {
      stored: secrets.length,
      decrypted: eventIds.length,
      plaintextMatches: read.matches && burst.matches,
      ...audited,
      refusedAfterRevoke,
      findings: burst.findings,
      rotations,
    };
  } finally {
    await reader.stop();
  }
}

function demoSecrets(seed: string): readonly DemoSecret[] {
  return WORKSPACES.flatMap((workspace) =>
    SHAPES.map((shape) => ({
      reference: `tenant.${workspace}.${shape}.prod`,
      value: canarySecret(shape, `${seed}/${workspace}`),
    })),
  );
}

type Telling = Pick<DemoStage, 'system' | 'say'>;

const curl = ({ gatewayUrl }: System, request: string) =>
  `     curl -H @admin.header ${request.replace('~', `${gatewayUrl}/api/v1`)}`;

async function store(api: GatewayApi, secrets: readonly DemoSecret[], { system, say }: Telling): Promise<void> {
  say('\n1. The platform team makes two workspaces and stores keys in the shapes of their providers:');
  say(curl(system, `~/workspaces --json '{"slug":"acme"}'`));
  say(curl(system, `~/secrets --json '{"reference":"tenant.acme.openai.prod","value":{"text":"…"}}'`));
  for (const slug of WORKSPACES) await api.post('/workspaces', { slug });
  for (const { reference, value } of secrets) await api.post('/secrets', { reference, value: { text: value } });
  say(`   ${secrets.length} keys stored: ${secrets.map(({ reference }) => reference).join(', ')}`);
}

async function readAll(reader: Reader, secrets: readonly DemoSecret[], rounds = ROUNDS) {
  const wanted = secrets.map(({ reference, value }) => ({ reference, digest: sha256Hex(Buffer.from(value)) }));
  return reader.read({ wanted, rounds });
}

interface Revoking extends Telling {
  readonly api: GatewayApi;
  readonly reader: Reader;
  readonly reference: string;
}

async function revokeAndTry({ api, reader, reference, system, say }: Revoking): Promise<boolean> {
  say(`\n3. ${reference} has leaked and is revoked; from the answer on nobody obtains it:`);
  say(curl(system, `-X POST ~/secrets/${reference}/revoke --json '{"reason":"seen in a public repository"}'`));
  await api.post(`/secrets/${reference}/revoke`, { reason: 'seen in a public repository' });
  const code = await reader.refusalOf(reference);
  say(`   billing asks again and is told: ${code ?? 'nothing, it obtained the value'}`);
  return code === 'secret.unavailable';
}

interface Bursting extends Telling {
  readonly api: GatewayApi;
  readonly reader: Reader;
  readonly secret: DemoSecret;
}

/** More than a hundred accesses within a minute, together with the rounds before. */
async function readInABurst({ api, reader, secret, system, say }: Bursting) {
  const { reference } = secret;
  say(`\n4. billing obtains ${reference} ${BURST} times more, and the anomaly-detector notices:`);
  const read = await readAll(reader, [secret], BURST);
  say(curl(system, `'~/findings?reference=${reference}'`));
  const items = await eventually(
    () => api.list<Finding>('/findings?limit=1000'),
    (findings) => findings.length > 0,
  );
  for (const { rule, threshold, windowSeconds } of items)
    say(`   found: ${rule}, more than ${threshold} within ${windowSeconds} s`);
  return { ...read, findings: items.length };
}

/** One secret is rotated by hand, another by the scheduler because its time has passed. */
async function rotate(api: GatewayApi, { system, say }: Telling): Promise<number> {
  const [byHand, bySchedule] = ['tenant.acme.database.prod', 'tenant.globex.database.prod'] as const;
  const handler = { type: 'random', value: { length: 32, alphabet: 'abcdefghijkmnpqrstuvwxyz23456789' } };
  const policy = { intervalSeconds: 90 * 86_400, autoRotate: true, handler };
  say('\n5. Two passwords are rotated; the vault makes the values, and nobody has seen them:');
  say(curl(system, `-X POST ~/secrets/${byHand}/rotate --json '{"handler":${JSON.stringify(handler)}}'`));
  await api.post(`/secrets/${byHand}/rotate`, { handler });
  say(curl(system, `-X PUT ~/rotation/policies/${bySchedule} --json '{"autoRotate":true,"nextRotationAt":…}'`));
  await api.put(`/rotation/policies/${bySchedule}`, { ...policy, nextRotationAt: '2026-01-01T00:00:00.000Z' });
  const runs = await eventually(
    () => api.list<RotationRun>('/rotation/runs?status=completed&limit=1000'),
    (completed) => completed.length >= 2,
  );
  for (const { reference, trigger, version } of runs) say(`   ${reference}: version ${version}, ${trigger}`);
  return runs.length;
}

async function readAudit(api: GatewayApi, eventIds: readonly string[], { system, say }: Telling) {
  say('\n6. The audit tells who obtained what, each access once:');
  say(curl(system, `'~/audit/events?action=decrypt&limit=1000'`));
  const entries = await auditHolding(api, eventIds.length);
  const decrypts = entries.filter(({ action }) => action === 'decrypt').map(({ id }) => id as string);
  const everyAccessAudited =
    decrypts.length === eventIds.length &&
    new Set(decrypts).size === decrypts.length &&
    new Set([...decrypts, ...eventIds]).size === eventIds.length;
  say(
    `   ${entries.length} entries, ${decrypts.length} of them decrypts, and each has its receipt: ${everyAccessAudited}`,
  );
  return { auditEvents: entries.length, everyAccessAudited };
}

/**
 * The whole audit, once it holds so many decrypts, the refusal after the revocation included; or what it holds in the
 * end.
 */
async function auditHolding(api: GatewayApi, decrypts: number): Promise<readonly AuditEntry[]> {
  const expected = { decrypt: decrypts, access_denied: 1, rotation_completed: 2, anomaly_detected: 1 };
  return eventually(
    () => api.list<AuditEntry>('/audit/events?limit=1000'),
    (entries) =>
      Object.entries(expected).every(
        ([action, count]) => entries.filter((entry) => entry.action === action).length >= count,
      ),
  );
}

/** The answer, once it is as wanted; or the last one when time is up. */
async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer) || performance.now() > giveUpAt) return answer;
    await sleep(POLL_MS);
  }
}
