/** Attacks of promise 11: credentials that are not somebody's, or no longer, at each door: bus, session and HTTP. */
import { once } from 'node:events';
import http from 'node:http';
import { crc32 } from 'node:zlib';
import { connectSecretOf, mintApiToken, mintConn } from '@keytrail/crypto';
import { mintIdentity, nkeyCredential } from '@keytrail/nats';
import { knock } from '@keytrail/nats/drill';
import type { JwtIssuer } from '@keytrail/testing';
import { localKeys } from '../local-keys.js';
import { stateFolder } from '../state-folder.js';
import type { Attack, Attacks, Attempt, Outcome } from './11-attack.js';
import type { Person } from './presence.js';
import { sendSetUp, type SetUpByHand, setUpByHand } from './session-by-hand.js';

/** A token of the issuer's form that speaks of `subject` and that nobody should take. */
type Forged = (issuer: JwtIssuer, subject: string) => string;

const HOUR_S = 3_600;
const nowS = () => Math.floor(Date.now() / 1_000);

const FORGED_JWTS: Readonly<Record<string, Forged>> = {
  'alg none': (issuer, subject) => issuer.token(subject, {}, 'nobody'),
  'the public key as HMAC secret': (issuer, subject) => issuer.token(subject, {}, 'public_key'),
  'a key that is not the issuer’s': (issuer, subject) => issuer.token(subject, {}, 'stranger'),
  'another audience': (issuer, subject) => issuer.token(subject, { aud: 'somebody else' }),
  'two audiences': (issuer, subject) => issuer.token(subject, { aud: [issuer.audience, 'somebody else'] }),
  'another issuer': (issuer, subject) => issuer.token(subject, { iss: `${issuer.url}/other` }),
  'a time that is over': (issuer, subject) => issuer.token(subject, { exp: nowS() - HOUR_S, iat: nowS() - 2 * HOUR_S }),
  'a time that has not come': (issuer, subject) => issuer.token(subject, { nbf: nowS() + HOUR_S }),
  'no end': (issuer, subject) => issuer.token(subject, { exp: undefined }),
  'claims changed after it was signed': (issuer, subject) => {
    const [header, , signature] = issuer.token('nobody').split('.');
    return [header, issuer.token(subject).split('.')[1], signature].join('.');
  },
  'a subject that nobody has': (issuer) => issuer.token('nobody'),
};

/** With a name of the attacker's choice, if not of a connection's own. */
const connecting = (passOf: (attempt: Attempt) => string, userOf: (attempt: Attempt) => string = mintConn): Attack => {
  return async (attempt) => {
    const { natsUrl: url } = attempt.cast.system;
    const entered = await knock({ url, user: userOf(attempt), pass: passOf(attempt) });
    await entered?.close();
    return { said: entered === null ? 'not let in' : 'let in', accepted: entered !== null };
  };
};

/** On the attacker's own connection and in the attacker's own name, so that the credential is all that is wrong. */
const opening = (credentialOf: (attempt: Attempt) => unknown): Attack => {
  return async (attempt) => {
    const { mallory, cast, requestId } = attempt;
    const { principal, conn, attacker } = mallory;
    const shown = credentialOf(attempt);
    const credential = (typeof shown === 'function' ? shown : () => shown) as SetUpByHand['credential'];
    const setUp = { principal, conn, vaultKey: cast.system.vaultKey, credential, requestId };
    const opened = await sendSetUp(attacker, await setUpByHand(attacker, setUp), { principal, conn });
    return typeof opened === 'string' ? { said: opened, accepted: false } : { said: 'opened', accepted: true };
  };
};

/** Each attempt comes from an address of its own: the gateway lets one address fail ten times a minute. */
const overHttp = (tokenOf: (attempt: Attempt) => string): Attack => {
  return async (attempt) => {
    const { gatewayUrl } = attempt.cast.system;
    const request = http.get(`${gatewayUrl}/api/v1/access/me`, {
      localAddress: addressOf(attempt.requestId),
      agent: false,
      headers: { authorization: `Bearer ${tokenOf(attempt)}`, 'x-request-id': attempt.requestId },
    });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();
    return { said: String(response.statusCode), accepted: response.statusCode === 200 };
  };
};

/** On loopback every address below 127.0.0.0/8 is this machine's. */
function addressOf(requestId: string): string {
  const [round, n] = (requestId.match(/\d+/g) ?? []).slice(-2).map(Number);
  return `127.11.${(round ?? 0) & 255}.${(n ?? 0) & 255}`;
}

const apiToken = (token: string) => ({ type: 'api_token', token });
const connectSecret = ({ token }: Person) => connectSecretOf(token) as string;

/** Another character in its last place but one, where every bit counts. */
function oneCharacterOff(text: string): string {
  const at = text.length - 2;
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_LENGTH = 6;

/** A token of the same id with another secret, whose checksum fits. */
function withAnotherSecret(token: string): string {
  const body = oneCharacterOff(token.slice(0, -CHECKSUM_LENGTH));
  let [rest, checksum] = [crc32(body), ''];
  for (let n = 0; n < CHECKSUM_LENGTH; n++) {
    checksum = BASE62.charAt(rest % 62) + checksum;
    rest = Math.floor(rest / 62);
  }
  return body + checksum;
}

const ofEveryJwt = (door: string, attackBy: (forged: Forged) => Attack): Attacks =>
  Object.fromEntries(
    Object.entries(FORGED_JWTS).map(([what, forged]) => [`${door}: JWT with ${what}`, attackBy(forged)]),
  );

/** The gateway's nkey, and what it would sign: without its seed another key has to do. */
const asGateway = ({ cast }: Attempt) => {
  const { publicKey } = localKeys(stateFolder(cast.system.dir)).identities.gateway.rpc;
  const sign = nkeyCredential(mintIdentity('mallory').seed);
  return (setUp: Parameters<typeof sign>[0]) => ({ ...sign(setUp), publicKey });
};

/** On the victim's own connection, where it would be taken for theirs. */
async function setUpAgain({ cast, victim }: Attempt): Promise<Outcome> {
  const { attacker, principal, conn, token } = victim;
  const { vaultKey } = cast.system;
  const setUp = await setUpByHand(attacker, { principal, conn, vaultKey, credential: () => apiToken(token) });
  const [first, again] = [await sendSetUp(attacker, setUp, victim), await sendSetUp(attacker, setUp, victim)];
  if (typeof first === 'string') throw new Error(`the victim could not open a session: ${first}`);
  return typeof again === 'string' ? { said: again, accepted: false } : { said: 'opened', accepted: true };
}

export const FALSE_CREDENTIALS: Attacks = {
  'bus: connect secret with one character changed': connecting(({ victim }) => oneCharacterOff(connectSecret(victim))),
  'bus: the bare token as password': connecting(({ victim }) => victim.token),
  'bus: connect secret of a token that was revoked': connecting(({ cast }) => connectSecretOf(cast.revokedToken) ?? ''),
  'bus: connect secret of a token that has expired': connecting(({ cast }) => connectSecretOf(cast.expiredToken) ?? ''),
  'bus: connect secret of a token that nobody has': connecting(() => connectSecretOf(mintApiToken().token) ?? ''),
  'bus: no password': connecting(() => ''),
  'bus: the victim’s conn, by another’s secret': connecting(
    ({ mallory }) => connectSecret(mallory),
    ({ victim }) => victim.conn,
  ),
  ...Object.fromEntries(
    ['*', '>', 'victim.secret', 'events:*', 'VAULT'].map((name) => [
      `bus: ${name} as user name`,
      connecting(
        ({ mallory }) => connectSecret(mallory),
        () => name,
      ),
    ]),
  ),
  'bus: an nkey that nobody knows': async ({ cast }) => {
    const entered = await knock({ url: cast.system.natsUrl, seed: mintIdentity('mallory').seed });
    await entered?.close();
    return { said: entered === null ? 'not let in' : 'let in', accepted: entered !== null };
  },
  ...ofEveryJwt('bus', (forged) => connecting(({ cast }) => forged(cast.system.issuer, 'victim'))),
  'session: token of somebody else': opening(({ victim }) => apiToken(victim.token)),
  'session: token with one character changed': opening(({ mallory }) => apiToken(oneCharacterOff(mallory.token))),
  'session: token of that id with another secret': opening(({ mallory }) => apiToken(withAnotherSecret(mallory.token))),
  'session: token that nobody has': opening(() => apiToken(mintApiToken().token)),
  'session: token that was revoked': opening(({ cast }) => apiToken(cast.revokedToken)),
  'session: token that has expired': opening(({ cast }) => apiToken(cast.expiredToken)),
  'session: connect secret as token': opening(({ mallory }) => apiToken(connectSecret(mallory))),
  'session: an nkey that nobody knows': opening(() => nkeyCredential(mintIdentity('mallory').seed)),
  'session: the gateway’s nkey, signed by another': opening(asGateway),
  'session: a set-up of the victim’s, sent again': setUpAgain,
  ...ofEveryJwt('session', (forged) =>
    opening(({ cast }) => ({ type: 'jwt', token: forged(cast.system.issuer, 'mallory') })),
  ),
  'HTTP: token with one character changed': overHttp(({ victim }) => oneCharacterOff(victim.token)),
  'HTTP: token of that id with another secret': overHttp(({ victim }) => withAnotherSecret(victim.token)),
  'HTTP: token that nobody has': overHttp(() => mintApiToken().token),
  'HTTP: token that was revoked': overHttp(({ cast }) => cast.revokedToken),
  'HTTP: token that has expired': overHttp(({ cast }) => cast.expiredToken),
  'HTTP: connect secret as token': overHttp(({ victim }) => connectSecret(victim)),
  ...ofEveryJwt('HTTP', (forged) => overHttp(({ cast }) => forged(cast.system.issuer, 'victim'))),
};
