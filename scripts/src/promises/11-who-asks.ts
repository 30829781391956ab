/**
 * Promise 11: somebody with a token and a connection of their own tries every way to be somebody else, while the one
 * they would like to be goes on asking.
 */
import { connectSecretOf, mintConn } from '@keytrail/crypto';
import { gatewayApi } from '../gateway-api.js';
import type { Attacks } from './11-attack.js';
import { assembleCast, REFERENCE, WORKSPACE, type Cast } from './11-cast.js';
import { FALSE_CREDENTIALS } from './11-false-credentials.js';
import { FALSE_NAMES } from './11-false-names.js';
import { FALSE_ROADS } from './11-false-roads.js';
import { judgeWhoAsks, type AttackRecord, type ControlRecord, type WhoAsksHistory } from './11-who-asks.judge.js';
import { appear, enter, type Present } from './presence.js';
import { proof, type Scene } from './proof.js';
import { journalOf, query, untilAudited } from './records.js';
import { openByHand, PATIENCE_MS } from './session-by-hand.js';

const ATTACKS: Attacks = { ...FALSE_NAMES, ...FALSE_CREDENTIALS, ...FALSE_ROADS };
const attacks = Object.keys(ATTACKS);
const TIMES = 20;

export const whoAsks = proof(
  [
    {
      promise: 11,
      name: 'the caller is who NATS authenticated',
      fullScale: attacks.length * TIMES,
      judge: judgeWhoAsks,
    },
  ],
  async (scene): Promise<WhoAsksHistory> => {
    const system = await scene.system();
    const cast = await assembleCast(system);
    const [tried, controls]: [AttackRecord[], ControlRecord[]] = [[], []];
    const times = Math.ceil(scene.tries / attacks.length);
    try {
      for (let round = 0; round < times; round++) {
        scene.say(`attacks on a name: round ${round + 1} of ${times}, ${attacks.length} attacks`);
        const told = await playRound(cast, `p11-${round}`, scene.signal);
        tried.push(...told.tried);
        controls.push(...told.controls);
      }
      await cast.spy.flush();
    } finally {
      await cast.spy.close();
    }
    await untilAudited(system, WORKSPACE, await journalOf(system, WORKSPACE));
    const events = await query<WhoAsksHistory['events'][number]>(
      system.databaseUrl('audit'),
      `select request_id as "requestId", principal, type from audit_event where request_id like 'p11-%'`,
    );
    return { attacks, times, tried, controls, heard: cast.heard, victim: cast.victim.principal, events };
  },
);

async function playRound(cast: Cast, name: string, signal: Scene['signal']) {
  const [tried, controls]: [AttackRecord[], ControlRecord[]] = [[], await otherDoors(cast, `${name}-door`)];
  const mallory = await appear(cast.system, cast.mallory);
  const victim = await appear(cast.system, cast.victim);
  try {
    for (const [n, [attack, attempt]] of Object.entries(ATTACKS).entries()) {
      signal.throwIfAborted();
      const requestId = `${name}-${n}`;
      tried.push({ attack, requestId, ...(await attempt({ cast, mallory, victim, requestId })) });
      controls.push(await decrypt(victim, `${requestId}-control`));
    }
  } finally {
    await mallory.attacker.close();
    await victim.attacker.close();
  }
  return { tried, controls };
}

async function decrypt({ attacker, session }: Present, requestId: string): Promise<ControlRecord> {
  const body = { reference: REFERENCE };
  const signed = session.sign({ operation: 'secret.decrypt', workspace: WORKSPACE, body, headers: { requestId } });
  const reply = session.open(await attacker.ask(signed.message, PATIENCE_MS), signed);
  return { requestId, what: 'decrypt', served: reply?.ok === true };
}

/** The doors at which attacks are refused let in whoever comes with what is good: by JWT, over HTTP, to read events. */
async function otherDoors({ system, victim, analyst }: Cast, name: string): Promise<ControlRecord[]> {
  const { issuer, vaultKey, gatewayUrl } = system;
  const conn = mintConn();
  const pass = issuer.token(victim.subject);
  const attacker = await enter(system, { user: conn, pass });
  const credential = () => ({ type: 'jwt', token: issuer.token(victim.subject) });
  const { principal } = victim;
  const session = await openByHand(attacker, { principal, conn, vaultKey, credential });
  const byJwt = await decrypt({ ...victim, attacker, conn, session }, `${name}-jwt`);
  await attacker.close();

  const reader = await enter(system, { user: `events:${mintConn()}`, pass: connectSecretOf(analyst.token) as string });
  await reader.close();
  const overHttp = await Promise.all(
    [victim.token, issuer.token(victim.subject)].map((adminToken, n) =>
      gatewayApi({ gatewayUrl, adminToken })
        .get<{ principal: string }>('/access/me')
        .then((me) => ({ requestId: `${name}-http-${n}`, what: 'login', served: me.principal === principal })),
    ),
  );
  return [byJwt, ...overHttp];
}
