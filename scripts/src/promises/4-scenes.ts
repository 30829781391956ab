/** Promise 4's scenes: what its people do one by one, at once, after they have lost everything, and to look around. */
import type { DenialReason } from '@keytrail/contracts';
import { gatewayRequester, type Requester, tokenRequester } from '../requester.js';
import type { System } from '../system.js';
import { attempt, attemptByHand, type How } from './4-attempts.js';
import type { Attempt, Sight } from './4-denials.judge.js';
import {
  CHOICES,
  decryptPlan,
  fallenPlan,
  floodPlan,
  type Name,
  operationPlan,
  PEOPLE,
  type Plan,
  SIGHTS,
} from './4-model.js';
import { tokenIdOf, type World } from './4-world.js';
import { inLanes } from './patiently.js';
import { appear, type Person, type Present } from './presence.js';
import type { Scene } from './proof.js';
import type { Seeded } from './seeded.js';

/** Some are gone before anything can be decided, some just then. */
const SHORT_WAITS_MS = [1, 2, 4, 8, 16, 30, 60, 120, 250] as const;
const LONG_WAIT_MS = 9_500;
const SHORT_PERCENT = 12;
const REPEAT_PERCENT = 15;
const BURST_PERCENT = 30;
const BY_GATEWAY_PERCENT = 40;
/** So many of each lane at least, for everything to come up; else its share, and what is left is of floods. */
const LANE_ATTEMPTS = 60;
const SHARES = 2 * PEOPLE.length;
/** More than may wait at once. */
const OVERFLOW = 1_600;
const LARGER_BY = 400;
const OVERFLOWS = 5;
const SIGHT_ROUNDS = 5;
const FALLEN_ATTEMPTS = 12;

export interface Stage {
  readonly scene: Scene;
  readonly system: System;
  readonly attempts: Attempt[];
}

/** Asks for everything once, and then for this and that until there is enough of it: one by one, or many at once. */
export async function lane({ scene, system, attempts }: Stage, name: Name, person: Person): Promise<void> {
  const random = scene.random.fork(name);
  const [own, gateway] = [await tokenRequester(system, { name, token: person.token }), await gatewayRequester(system)];
  const asked: string[] = [];
  const one = async () => {
    const untried = CHOICES[name][asked.length];
    const plan = (untried ?? random.pick(CHOICES[name]))(random);
    const isByGateway = plan.permission !== 'secret.decrypt' && random.percent(BY_GATEWAY_PERCENT);
    const [requestId, isPatient] = [`p4-${name}-${asked.length}`, untried !== undefined];
    const how = howOf(random, plan, { requestId, asked, isPatient });
    asked.push(how.requestId);
    const byGateway = { onBehalfOf: person.principal, edge: { tokenId: tokenIdOf(person) } };
    attempts.push(
      isByGateway
        ? await attempt(gateway, person.principal, { ...how, plan, byGateway })
        : await attempt(own, person.principal, { ...how, plan }),
    );
  };
  try {
    while (asked.length < Math.max(LANE_ATTEMPTS, scene.tries / SHARES)) {
      scene.signal.throwIfAborted();
      const [burst, few] = [20 + random.below(60), 1 + random.below(5)];
      await (random.percent(BURST_PERCENT) ? inLanes(burst, burst, one) : inLanes(few, 1, one));
    }
  } finally {
    await Promise.all([own.close(), gateway.close()]);
  }
}

interface Asked {
  readonly requestId: string;
  /** Earlier ones of the same lane. */
  readonly asked: readonly string[];
  /** Whether it has to be answered. */
  readonly isPatient: boolean;
}

function howOf(random: Seeded, { permission, due }: Plan, { requestId, asked, isPatient }: Asked): How {
  const mayRepeat = permission === 'secret.decrypt' && due !== 'malformed' && asked.length > 0;
  return {
    requestId,
    ...(mayRepeat && random.percent(REPEAT_PERCENT) && { repeatOf: random.pick(asked) }),
    waitMs: !isPatient && random.percent(SHORT_PERCENT) ? random.pick(SHORT_WAITS_MS) : LONG_WAIT_MS,
  };
}

/** By the hundred, over and over, and at first by more than are let wait. */
export async function floods({ scene, system, attempts }: Stage, { principal, token }: Person): Promise<void> {
  const random = scene.random.fork('floods');
  const requester = await tokenRequester(system, { name: 'flood', token });
  let count = 0;
  const flood = (size: number, isPatient = false): Promise<readonly Attempt[]> =>
    Promise.all(
      Array.from({ length: size }, () => {
        const plan = floodPlan(random);
        const how = howOf(random, plan, { requestId: `p4-flood-${count++}`, asked: [], isPatient });
        return attempt(requester, principal, { ...how, plan });
      }),
    );
  try {
    // The first one opens the session, for which the others would have to wait.
    attempts.push(...(await flood(1, true)));
    for (let n = 0, turnedAway = false; n < OVERFLOWS && !turnedAway; n++) {
      const told = await flood(OVERFLOW + n * LARGER_BY);
      attempts.push(...told);
      turnedAway = told.some(({ told: { outcome } }) => outcome === 'overloaded');
    }
    while (attempts.length < scene.tries) {
      scene.signal.throwIfAborted();
      attempts.push(...(await flood(100 + random.below(300))));
    }
  } finally {
    await requester.close();
  }
}

/** In sessions that were opened in time, and by the gateway, which has seen the token in time. */
export async function fallen(stage: Stage, { fallen: { suspended, revoked }, withdraw }: World): Promise<void> {
  const { system } = stage;
  const present = [
    [await appear(system, suspended), 'principal.suspended'],
    [await appear(system, revoked), 'credential.revoked'],
  ] as const;
  await withdraw();
  const gateway = await gatewayRequester(system);
  try {
    for (const [person, due] of present) await askOn(stage, { person, due, gateway });
  } finally {
    await gateway.close();
    for (const [{ attacker }] of present) await attacker.close();
  }
}

interface FallenPerson {
  readonly person: Present;
  readonly due: DenialReason;
  readonly gateway: Requester;
}

async function askOn({ scene, attempts }: Stage, { person, due, gateway }: FallenPerson): Promise<void> {
  const random = scene.random.fork(due);
  const name = `p4-${due.replace('.', '_')}`;
  const byGateway = { onBehalfOf: person.principal, edge: { tokenId: tokenIdOf(person) } };
  for (let n = 0; n < FALLEN_ATTEMPTS; n++) {
    attempts.push((await attemptByHand(person, fallenPlan(due)(random), `${name}-${n}`)).attempt);
    const how = {
      plan: operationPlan(due)(random),
      requestId: `${name}-gateway-${n}`,
      waitMs: LONG_WAIT_MS,
      byGateway,
    };
    attempts.push(await attempt(gateway, person.principal, how));
  }
}

/** Asks for what is there and for what is not, and looks at all that comes back. */
export async function lookAround({ system, attempts }: Stage, person: Person): Promise<readonly Sight[]> {
  const blind = await appear(system, person);
  const sights: Sight[] = [];
  try {
    for (let round = 0; round < SIGHT_ROUNDS; round++)
      for (const [n, [what, key]] of Object.entries(SIGHTS).entries()) {
        const plan = decryptPlan({ key, due: 'principal.not_permitted' });
        const asked = await attemptByHand(blind, plan, `p4-sight-${round}-${n}`);
        attempts.push(asked.attempt);
        sights.push({ what, seen: asked.seen });
      }
  } finally {
    await blind.attacker.close();
  }
  return sights;
}
