/** The credentials of promise 15: shown where they belong, and put wherever they do not. */
import { SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import { knock } from '@keytrail/nats/drill';
import fs from 'node:fs';
import { gatewayApi } from '../gateway-api.js';
import { appear, enroll, enter, issueToken, type Person } from './presence.js';
import { openByHand, PATIENCE_MS, sendSetUp, setUpByHand, subjectOf, freshReply } from './session-by-hand.js';
import type { TriedSystem } from './tried-system.js';

export interface Credential {
  /** As it is shown. */
  readonly whole: string;
  /** The part that must stand nowhere. */
  readonly secret: string;
  /** The files below the system's folder that are there to hold it. */
  readonly keptIn: readonly string[];
}

export interface Credentials {
  /** Whose they are. */
  readonly person: Person;
  /** Used as they should be. */
  readonly used: readonly Credential[];
  /** Put in every wrong place. */
  readonly misplaced: readonly Credential[];
}

const token = (whole: string, ...keptIn: readonly string[]): Credential => ({ whole, secret: whole, keptIn });
/** All JWTs of an issuer begin alike, and what they say of somebody is no secret. */
const jwt = (whole: string): Credential => ({ whole, secret: whole.slice(whole.lastIndexOf('.') + 1), keptIn: [] });

const SUBJECT = 'careless';
const ADMIN_FILES = ['dev.json', 'admin.header', 'keys/admin.json', 'keys/bootstrap.json'];

/** Issues credentials and shows each where it belongs: at the bus, in a session, and over HTTP. */
export async function showCredentials(system: TriedSystem, workspace: string): Promise<Credentials> {
  const { issuer, gatewayUrl, adminToken, callers } = system;
  const api = gatewayApi(system);
  const outsideName = { issuer: issuer.url, subject: SUBJECT };
  const person = await enroll(api, { displayName: SUBJECT, outsideName, role: 'service', workspace });
  const [byToken, byJwt] = [await appear(system, person), await appearByJwt(system, person)];
  for (const shown of [person.token, byJwt.shown])
    await gatewayApi({ gatewayUrl, adminToken: shown }).get('/access/me');
  await byToken.attacker.close();
  await byJwt.attacker.close();
  const lost = await issueToken(api, person.principal);
  return {
    person,
    used: [
      token(adminToken, ...ADMIN_FILES),
      token(fs.readFileSync(callers.billing.tokenFile, 'utf8'), 'keys/billing.token'),
      token(person.token),
      jwt(byJwt.shown),
    ],
    misplaced: [token(lost.token as string), jwt(issuer.token(SUBJECT, {}, 'stranger'))],
  };
}

async function appearByJwt(system: TriedSystem, { principal }: Person) {
  const [conn, shown] = [mintConn(), system.issuer.token(SUBJECT)];
  const attacker = await enter(system, { user: conn, pass: shown });
  const credential = () => ({ type: 'jwt', token: shown });
  await openByHand(attacker, { principal, conn, vaultKey: system.vaultKey, credential });
  return { attacker, shown };
}

/** Shows each at the doors in ways that nobody should; answers how many times. */
export async function misplaceAtTheDoors(system: TriedSystem, { person, misplaced }: Credentials): Promise<number> {
  const { attacker, conn } = await appear(system, person);
  const { principal } = person;
  let times = 0;
  try {
    for (const { whole } of misplaced) {
      // As a password: what stands as a user name, nats-server itself tells in its log.
      await (await knock({ url: system.natsUrl, user: mintConn(), pass: whole }))?.close();
      for (const shown of misshapen(whole)) {
        const setUp = { principal, conn, vaultKey: system.vaultKey, credential: () => shown };
        await sendSetUp(attacker, await setUpByHand(attacker, setUp), { principal, conn });
        const subject = subjectOf({ principal, conn }, 'session.open', SYSTEM_WORKSPACE);
        const inClear = { subject, reply: freshReply({ principal, conn }), headers: {} };
        await attacker.ask({ ...inClear, body: Buffer.from(JSON.stringify(shown)) }, PATIENCE_MS);
        times += 2;
      }
      times++;
    }
  } finally {
    await attacker.close();
  }
  return times;
}

const misshapen = (whole: string): readonly unknown[] => [
  whole,
  [whole],
  { [whole]: whole },
  { type: whole, token: whole },
  { type: 'api_token', token: `${whole} ` },
  { type: 'jwt', token: `${whole}.` },
  { type: 'nkey', publicKey: whole, signature: whole },
  { keyId: whole, enc: whole, ciphertext: whole },
];
