/** What the demo does, step by step, and what it found. */
import type { Finding, RotationRun } from '@keytrail/contracts';
import { sha256Hex } from '@keytrail/crypto';
import { canarySecret, type CanaryShape } from '@keytrail/testing';
import { GatewayRefused, gatewayApi, type GatewayApi } from '../gateway-api.js';
import type { System } from '../system.js';
import { readAudit } from './audit.js';
import { assembleCast, type Cast } from './cast.js';
import { eventually } from './eventually.js';
import { explainRefusal, holdBack } from './incident.js';
import type { Reader } from './reader-process.js';
import { tellingOf, type Telling } from './telling.js';

const WORKSPACES = ['acme', 'globex'] as const;
const SHAPES: readonly CanaryShape[] = ['openai', 'anthropic', 'groq', 'database'];
const ROUNDS = 50;
/** With the rounds before, more than a hundred accesses of one secret. */
const BURST = 60;

export interface DemoResult {
  /** Who took part, each with a credential of their own: an administrator, a service, an analyst. */
  readonly principals: number;
  readonly stored: number;
  readonly decrypted: number;
  /** In the second process: the SHA-256 of each value that it obtained is the one of the value that was stored. */
  readonly plaintextMatches: boolean;
  /** Entries from the demo's first step on, without the sessions that were opened for it. */
  readonly auditEvents: number;
  /** The receipts of the second process and the decrypts in the audit are the same set, each once. */
  readonly everyAccessAudited: boolean;
  /** Name and kind stand in each of those entries, a role in each of a workspace; the service obtained all values. */
  readonly everyEntryNamesItsActor: boolean;
  readonly refusedAfterRevoke: boolean;
  /** Why that was refused, and that it was permitted before, by which statement. */
  readonly denialExplained: boolean;
  /** The very next decrypt after the answer to the quarantine, and the one after the release. */
  readonly heldBackInQuarantine: boolean;
  readonly obtainedAfterRelease: boolean;
  /** The analyst, who reads findings and audit, is refused to store a secret. */
  readonly analystMayNotStore: boolean;
  /** The very next decrypt after the answer that its token is revoked: in the open session, and in no new one. */
  readonly refusedAfterTokenRevoked: boolean;
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
  const since = new Date().toISOString();
  const telling = tellingOf(system, say);
  const secrets = demoSecrets(seed);
  await store(gatewayApi(system), secrets, telling);
  const cast = await assembleCast(system, telling);
  try {
    const read = await readFirst(cast, secrets, telling);
    const revoked = await revokeAndTry(cast, secrets[0] as DemoSecret, telling);
    const last = secrets.at(-1) as DemoSecret;
    const burst = await readInABurst(cast, last, telling);
    const readAgain = () => readAll(cast.billing, [last], 1);
    const { eventIds: again, ...quarantine } = await holdBack(cast, { ...last, readAgain }, telling);
    const analystMayNotStore = await storeAsAnalyst(cast, telling);
    const rotations = await rotate(cast, telling);
    const refusedAfterTokenRevoked = await revokeTokenAndTry(cast, last, telling);
    const eventIds = [...read.eventIds, ...burst.eventIds, ...again];
    const audited = await readAudit(cast, { eventIds, since }, telling);
    return {
      principals: new Set(Object.values(cast.principals)).size,
      stored: secrets.length,
      decrypted: eventIds.length,
      plaintextMatches: read.matches && burst.matches,
      ...audited,
      ...revoked,
      ...quarantine,
      analystMayNotStore,
      refusedAfterTokenRevoked,
      findings: burst.findings,
      rotations,
    };
  } finally {
    await cast.billing.stop();
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

async function store(api: GatewayApi, secrets: readonly DemoSecret[], { say, curl }: Telling): Promise<void> {
  say('\n1. The administrator makes two workspaces and stores keys in the shapes of their providers:');
  curl('admin', `~/workspaces --json '{"slug":"acme"}'`);
  curl('admin', `~/secrets --json '{"reference":"tenant.acme.openai.prod","value":{"text":"…"}}'`);
  for (const slug of WORKSPACES) await api.post('/workspaces', { slug });
  for (const { reference, value } of secrets) await api.post('/secrets', { reference, value: { text: value } });
  say(`   ${secrets.length} keys stored: ${secrets.map(({ reference }) => reference).join(', ')}`);
}

async function readFirst({ billing }: Cast, secrets: readonly DemoSecret[], { say }: Telling) {
  say('\n3. Another process, the service "billing", obtains each of them over NATS with its own token:');
  say('     npm run -s decrypt -- tenant.acme.openai.prod --as billing');
  const read = await readAll(billing, secrets);
  say(`   ${read.eventIds.length} values obtained; each receipt names an event that was durable before the value left`);
  return read;
}

async function readAll(reader: Reader, secrets: readonly DemoSecret[], rounds = ROUNDS) {
  const wanted = secrets.map(({ reference, value }) => ({ reference, digest: sha256Hex(Buffer.from(value)) }));
  return reader.read({ wanted, rounds });
}

async function revokeAndTry(cast: Cast, { reference }: DemoSecret, telling: Telling) {
  const { administrator, billing } = cast;
  const { say, curl } = telling;
  const before = new Date().toISOString();
  say(`\n4. ${reference} has leaked and is revoked; from the answer on nobody obtains it:`);
  curl('admin', `-X POST ~/secrets/${reference}/revoke --json '{"reason":"seen in a public repository"}'`);
  await administrator.post(`/secrets/${reference}/revoke`, { reason: 'seen in a public repository' });
  const code = await billing.refusalOf(reference);
  say(`   billing asks again and is told: ${code ?? 'nothing, it obtained the value'}`);
  const denialExplained = await explainRefusal(cast, { reference, before }, telling);
  return { refusedAfterRevoke: code === 'secret.unavailable', denialExplained };
}

/** More than a hundred accesses within a minute, together with the rounds before. */
async function readInABurst({ billing, analyst }: Cast, secret: DemoSecret, { say, curl }: Telling) {
  const { reference } = secret;
  say(`\n5. billing obtains ${reference} ${BURST} times more; the anomaly-detector notices, and the analyst reads it:`);
  const read = await readAll(billing, [secret], BURST);
  curl('analyst', `'~/findings?reference=${reference}'`);
  const items = await eventually(
    () => analyst.list<Finding>('/findings?limit=1000'),
    (findings) => findings.length > 0,
  );
  for (const { rule, threshold, windowSeconds } of items)
    say(`   found: ${rule}, more than ${threshold} within ${windowSeconds} s`);
  return { ...read, findings: items.length };
}

async function storeAsAnalyst({ analyst }: Cast, { say, curl }: Telling): Promise<boolean> {
  say('\n7. The analyst looks on, and may not store anything:');
  curl('analyst', `~/secrets --json '{"reference":"tenant.acme.openai.mine","value":{"text":"…"}}'`);
  const code = await refusalOf(
    analyst.post('/secrets', { reference: 'tenant.acme.openai.mine', value: { text: 'not to be stored' } }),
  );
  say(`   the analyst is told: ${code ?? 'nothing, it is stored'}`);
  return code === 'access.denied';
}

/** The code with which a request is refused; null where it is not. */
async function refusalOf(asked: Promise<unknown>): Promise<string | null> {
  try {
    await asked;
    return null;
  } catch (error) {
    if (error instanceof GatewayRefused) return (error.body as { readonly code: string }).code;
    throw error;
  }
}

/** One secret is rotated by hand, another by the scheduler because its time has passed. */
async function rotate({ administrator }: Cast, { say, curl }: Telling): Promise<number> {
  const [byHand, bySchedule] = ['tenant.acme.database.prod', 'tenant.globex.database.prod'] as const;
  const handler = { type: 'random', value: { length: 32, alphabet: 'abcdefghijkmnpqrstuvwxyz23456789' } };
  const policy = { intervalSeconds: 90 * 86_400, autoRotate: true, handler };
  say('\n8. Two passwords are rotated; the vault makes the values, and nobody has seen them:');
  curl('admin', `-X POST ~/secrets/${byHand}/rotate --json '{"handler":${JSON.stringify(handler)}}'`);
  await administrator.post(`/secrets/${byHand}/rotate`, { handler });
  curl('admin', `-X PUT ~/rotation/policies/${bySchedule} --json '{"autoRotate":true,"nextRotationAt":…}'`);
  await administrator.put(`/rotation/policies/${bySchedule}`, {
    ...policy,
    nextRotationAt: '2026-01-01T00:00:00.000Z',
  });
  const runs = await eventually(
    () => administrator.list<RotationRun>('/rotation/runs?status=completed&limit=1000'),
    (completed) => completed.length >= 2,
  );
  for (const { reference, trigger, version } of runs) say(`   ${reference}: version ${version}, ${trigger}`);
  return runs.length;
}

async function revokeTokenAndTry(cast: Cast, { reference }: DemoSecret, { say, curl }: Telling): Promise<boolean> {
  const { administrator, billing, billingTokenId } = cast;
  say("\n9. billing's machine was broken into, and its token is revoked; from the answer on it obtains nothing:");
  curl('admin', `-X POST ~/access/tokens/${billingTokenId}/revoke --json '{"reason":"its machine was broken into"}'`);
  await administrator.post(`/access/tokens/${billingTokenId}/revoke`, { reason: 'its machine was broken into' });
  const code = await billing.refusalOf(reference);
  say(
    `   billing asks again, in its session and for a new one, and is told: ${code ?? 'nothing, it obtained the value'}`,
  );
  return code === 'auth.invalid';
}
