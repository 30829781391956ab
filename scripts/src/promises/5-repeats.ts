/**
 * Promise 5: storms of repetitions, at once and one after the other, most of them given up before the answer can be
 * there.
 */
import type { SealingKeys } from '@keytrail/contracts';
import { canonicalJson, sha256Hex } from '@keytrail/crypto';
import { gatewayApi, type GatewayApi, GatewayRefused } from '../gateway-api.js';
import { judgeRepeats, type AccessStorm, type ChangeStorm, type RepeatHistory } from './5-repeats.judge.js';
import { patiently } from './patiently.js';
import { proof } from './proof.js';
import { journalOf } from './records.js';
import { sealedValue } from './sealed-value.js';
import { gatewayRequester, requesterOf, type Requester } from '../requester.js';
import type { Seeded } from './seeded.js';

const WORKSPACE = 'promise-5';
const LANES = 8;
const MOST_REPEATS = 6;
/** Some callers are gone before the request has arrived, some before it is answered, some stay. */
const DEADLINES_MS = [1, 3, 8, 20, 60, 2_000] as const;
const LAST_DEADLINE_MS = 10_000;
const REVOKED_PERCENT = 30;
const NEW_CONNECTION_PERCENT = 10;

/** Codes after which nobody knows whether it was done. */
const UNKNOWN = /^(request\.deadline_exceeded|service\.(unavailable|overloaded)|journal\.unavailable)$/;

export const repeats = proof(
  [
    {
      promise: 5,
      name: 'a repeated change has one effect, a repeated decrypt is decided again',
      fullScale: 10_000,
      judge: judgeRepeats,
    },
  ],
  async (scene): Promise<RepeatHistory> => {
    const system = await scene.system();
    const api = gatewayApi(system);
    await api.post('/workspaces', { slug: WORKSPACE });
    const published = await api.get<SealingKeys>('/sealing-key');
    const [changes, accesses]: [ChangeStorm[], AccessStorm[]] = [[], []];
    const lane = async (n: number) => {
      const random = scene.random.fork(`lane-${n}`);
      const roads = { api, gateway: await gatewayRequester(system), caller: await requesterOf(system, 'billing') };
      try {
        for (let story = 0; changes.length + accesses.length < scene.tries; story++) {
          scene.signal.throwIfAborted();
          const told = await lifeOfASecret({ ...roads, published, random, name: `${n}_${story}` });
          changes.push(...told.changes);
          accesses.push(...told.accesses);
          if (!random.percent(NEW_CONNECTION_PERCENT)) continue;
          await Promise.all([roads.gateway.close(), roads.caller.close()]);
          Object.assign(roads, {
            gateway: await gatewayRequester(system),
            caller: await requesterOf(system, 'billing'),
          });
        }
      } finally {
        await Promise.all([roads.gateway.close(), roads.caller.close()]);
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, n) => lane(n)));
    return { changes, accesses, journal: await journalOf(system, WORKSPACE) };
  },
);

interface Life {
  readonly published: SealingKeys;
  readonly api: GatewayApi;
  readonly gateway: Requester;
  readonly caller: Requester;
  readonly random: Seeded;
  readonly name: string;
}

/** Created, given a new version, obtained, perhaps revoked and asked for once more; each of it in a storm. */
async function lifeOfASecret(life: Life): Promise<Pick<RepeatHistory, 'changes' | 'accesses'>> {
  const { random, name } = life;
  const reference = `tenant.${WORKSPACE}.openai.key_${name}`;
  const valueOf = (version: number) => sha256Hex(Buffer.from(`${random.seed}/${name}/${version}`));
  const change = (verb: Verb, value: string | null) =>
    changeStorm(life, { verb, reference, value, commandId: `${verb}-${name}` });
  const changes = [await change('create', valueOf(1)), await change('add_version', valueOf(2))];
  const asked = { reference, first: `access-${name}` };
  const accesses = [await accessStorm(life, { ...asked, revoked: false })];
  if (random.percent(REVOKED_PERCENT)) {
    changes.push(await change('revoke', null));
    // Said to be repetitions of a request that was answered with the value a moment ago.
    accesses.push(await accessStorm(life, { ...asked, revoked: true }));
  }
  return { changes, accesses };
}

const PATHS = { create: '', add_version: '/versions', revoke: '/revoke' } as const;
type Verb = keyof typeof PATHS;

interface Change {
  readonly verb: Verb;
  readonly reference: string;
  /** Null where none belongs to the change. */
  readonly value: string | null;
  readonly commandId: string;
}

/** An answer as canonical JSON; null where none came. */
type Answer = string | null;

async function changeStorm(life: Life, change: Change): Promise<ChangeStorm> {
  const { random } = life;
  const once = (deadlineMs: number): Promise<Answer> =>
    random.percent(50) ? overHttp(life.api, change, deadlineMs) : overNats(life, change, deadlineMs);
  const first = await Promise.all(deadlines(random).map(once));
  // The caller who has to know asks until it is told.
  const answers = [...first];
  await patiently('a change is answered', async () => {
    answers.push(await once(LAST_DEADLINE_MS));
    return answers.at(-1) !== null;
  });
  const told = answers.filter((answer) => answer !== null);
  return {
    commandId: change.commandId,
    attempts: answers.length,
    unanswered: answers.length - told.length,
    answers: told,
  };
}

const deadlines = (random: Seeded) =>
  Array.from({ length: 1 + random.below(MOST_REPEATS) }, () => random.pick(DEADLINES_MS));

async function overHttp(
  api: GatewayApi,
  { verb, reference, value, commandId }: Change,
  deadlineMs: number,
): Promise<Answer> {
  const [path, named] = verb === 'create' ? ['/secrets', { reference }] : [`/secrets/${reference}${PATHS[verb]}`, {}];
  try {
    const how = { commandId, signal: AbortSignal.timeout(deadlineMs) };
    return canonicalJson(await api.post(path, { ...named, ...(value !== null && { value: { text: value } }) }, how));
  } catch (error) {
    if (!(error instanceof GatewayRefused)) return null;
    return answerOf(String((error.body as { code?: unknown }).code));
  }
}

/** Sealed anew each time, as who asks again does: what is the same is the value, not the message. */
async function overNats(
  { gateway, published }: Life,
  { verb, reference, value, commandId }: Change,
  deadlineMs: number,
): Promise<Answer> {
  const where = { service: 'vault', workspace: WORKSPACE, aggregate: 'secret', verb } as const;
  const sealed = value !== null && { sealedValue: sealedValue(published, reference, value) };
  const reply = await gateway.rpc.request({
    ...where,
    body: { reference, ...sealed },
    commandId,
    deadlineMs: Date.now() + deadlineMs,
  });
  return reply.ok ? canonicalJson(reply.value) : answerOf(reply.error.code);
}

const answerOf = (code: string): Answer => (UNKNOWN.test(code) ? null : code);

interface Access {
  readonly reference: string;
  /** Request id of the first attempt; all others say that they repeat it. */
  readonly first: string;
  readonly revoked: boolean;
}

async function accessStorm({ caller, random }: Life, { reference, first, revoked }: Access): Promise<AccessStorm> {
  const where = { service: 'vault', workspace: WORKSPACE, aggregate: 'secret', verb: 'decrypt' } as const;
  const once = async (requestId: string, deadlineMs: number) => {
    const reply = await caller.rpc.request<{ receipt: { eventId: string } }>({
      ...where,
      body: { reference, ...(requestId !== first && { repeatOf: first }) },
      requestId,
      deadlineMs: Date.now() + deadlineMs,
    });
    return reply.ok ? reply.value.receipt.eventId : null;
  };
  const waits = [...deadlines(random), LAST_DEADLINE_MS];
  const attempts = waits.map((_, n) => (revoked ? `${first}-revoked-${n}` : n === 0 ? first : `${first}-${n}`));
  const told = await Promise.all(attempts.map((requestId, n) => once(requestId, waits[n] as number)));
  return { first, revoked, attempts, released: told.filter((eventId) => eventId !== null) };
}
