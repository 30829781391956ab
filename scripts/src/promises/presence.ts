/** People of a drill: registered with a token, and then on the bus, in a session of their own. */
import type { IssuedToken, PrincipalDescription, RoleBinding } from '@keytrail/contracts';
import { connectSecretOf, mintConn } from '@keytrail/crypto';
import { type Attacker, knock, type Knock } from '@keytrail/nats/drill';
import type { GatewayApi } from '../gateway-api.js';
import type { System } from '../system.js';
import { openByHand, type Sender, type SessionByHand } from './session-by-hand.js';

export interface Person {
  readonly principal: string;
  readonly token: string;
}

/** Somebody on a connection of their own, in a session. */
export interface Present extends Person, Sender {
  readonly attacker: Attacker;
  readonly session: SessionByHand;
}

export interface Enrollment {
  readonly displayName: string;
  /** Null for somebody without any. */
  readonly role: RoleBinding['role'] | null;
  readonly workspace: string;
  /** How an issuer of JWTs calls them. */
  readonly outsideName?: { readonly issuer: string; readonly subject: string };
}

/** Registers somebody, and gives them a token. */
export async function enroll(api: GatewayApi, { role, workspace, ...who }: Enrollment): Promise<Person> {
  const registered = { kind: 'service', ...who, roles: role === null ? [] : [{ role, workspace }] };
  const { principal } = await api.post<PrincipalDescription>('/access/principals', registered);
  return { principal, token: (await issueToken(api, principal)).token as string };
}

export const issueToken = (api: GatewayApi, principal: string, more: object = {}): Promise<IssuedToken> =>
  api.post('/access/tokens', { principal, label: 'drill', ...more });

/** Connects; throws where the server does not let them in. */
export async function enter({ natsUrl: url }: Pick<System, 'natsUrl'>, how: Omit<Knock, 'url'>): Promise<Attacker> {
  const attacker = await knock({ url, ...how });
  if (attacker === null) throw new Error('somebody was not let in who should have been');
  return attacker;
}

/** Connects, and opens a session, as everybody may in their own name. */
export async function appear(system: Pick<System, 'natsUrl' | 'vaultKey'>, person: Person): Promise<Present> {
  const [conn, { principal, token }] = [mintConn(), person];
  const attacker = await enter(system, { user: conn, pass: connectSecretOf(token) as string });
  const credential = () => ({ type: 'api_token', token });
  const session = await openByHand(attacker, { principal, conn, vaultKey: system.vaultKey, credential });
  return { ...person, conn, attacker, session };
}
