/** What nats-server asks the auth callout, and how it is answered so that this server alone can read it. */
import { Conn, LIMITS, Principal, type Service } from '@keytrail/contracts';
import { fromCurveSeed, type KeyPair } from '@nats-io/nkeys';
import type { Msg } from '@nats-io/transport-node';
import { z } from 'zod';
import { callerPermissions, consumerPermissions } from './auth-permissions.js';
import { readToken, type TokenSigner, tokenSigner } from './auth-token.js';

/** `EVENTS`: to read events, under the user name `events:<conn>`. */
export type CallerAccount = 'RPC' | 'EVENTS';

/** Somebody at the door, with a credential that nobody has looked at yet. */
export interface Entrant {
  readonly account: CallerAccount;
  readonly conn: string;
  /** The password: a secret of at most 8 KiB. */
  readonly secret: string;
  /** The IP address that nats-server saw. */
  readonly address: string;
}

/** Who was let in, until when, and which services' events it may read. */
export interface Admission {
  readonly principal: string;
  readonly expiresAtMs: number;
  readonly reads?: readonly Service[];
}

/** A question that a server of ours has signed. */
export interface AuthRequest {
  readonly serverId: string;
  readonly serverXkey: string;
  /** A key that the server made for this connection; the user JWT is issued to it. */
  readonly userNkey: string;
  readonly address: string;
  /** Null where name or password is not of the grammar. */
  readonly entrant: Entrant | null;
}

/** The callout's keys, parsed; both are secrets. */
export interface CalloutKeys {
  readonly issuer: TokenSigner;
  readonly xkey: KeyPair;
}

/** Whoever is withdrawn is out after this time at the latest. */
const ADMISSION_MS = 600_000;

/** For nats-server takes its limits from the account. */
const UNLIMITED = { subs: -1, data: -1, payload: -1 };

const EVENTS_PREFIX = 'events:';

const AuthClaims = z.object({
  iss: z.string().startsWith('N'),
  aud: z.literal('nats-authorization-request'),
  nats: z.object({
    type: z.literal('authorization_request'),
    server_id: z.object({ id: z.string(), xkey: z.string() }),
    user_nkey: z.string(),
    client_info: z.object({ host: z.string() }),
    connect_opts: z.object({ user: z.string().default(''), pass: z.string().default('') }),
  }),
});

/** Takes seeds `SA…` and `SX…`; throws where one is not of its kind. */
export function calloutKeys(issuerSeed: string, xkeySeed: string): CalloutKeys {
  return { issuer: tokenSigner(issuerSeed), xkey: fromCurveSeed(new TextEncoder().encode(xkeySeed)) };
}

/** Throws where the message is not encrypted to `xkey`, or not signed by the server that it says it comes from. */
export function openAuthRequest({ data, headers }: Msg, { xkey }: CalloutKeys): AuthRequest {
  const serverXkey = headers?.get('Nats-Server-Xkey') ?? '';
  const token = xkey.open(data, serverXkey);
  if (token === null) throw new Error('it cannot be decrypted');
  const { iss, nats } = AuthClaims.parse(readToken(new TextDecoder().decode(token)));
  if (nats.server_id.id !== iss || nats.server_id.xkey !== serverXkey)
    throw new Error('it is not of the server it names');
  const address = nats.client_info.host;
  const { user, pass } = nats.connect_opts;
  return { serverId: iss, serverXkey, userNkey: nats.user_nkey, address, entrant: entrantOf({ user, pass, address }) };
}

interface Introduction {
  readonly user: string;
  readonly pass: string;
  readonly address: string;
}

function entrantOf({ user, pass, address }: Introduction): Entrant | null {
  const account = user.startsWith(EVENTS_PREFIX) ? 'EVENTS' : 'RPC';
  const conn = Conn.safeParse(account === 'EVENTS' ? user.slice(EVENTS_PREFIX.length) : user);
  if (!conn.success || pass === '' || Buffer.byteLength(pass) > LIMITS.jwtCharacters) return null;
  return { account, conn: conn.data, secret: pass, address };
}

/** The name under which a connection presents its secret. */
export const userNameOf = (account: CallerAccount, conn: string): string =>
  account === 'EVENTS' ? EVENTS_PREFIX + conn : conn;

/** The sealed answer that lets an entrant in, for ten minutes at most. Throws where the principal is none. */
export function admit(request: AuthRequest, admission: Admission, keys: CalloutKeys): Uint8Array {
  if (request.entrant === null) throw new Error('nobody asked to be let in');
  const { account, conn } = request.entrant;
  // A name that holds a wildcard would widen every subject below.
  const principal = Principal.parse(admission.principal);
  const rpc = account === 'RPC';
  const permissions = rpc
    ? callerPermissions(principal, conn)
    : consumerPermissions(principal, conn, admission.reads ?? []);
  const jwt = keys.issuer.sign({
    sub: request.userNkey,
    name: principal,
    aud: rpc ? 'RPC' : 'READERS',
    exp: Math.floor(Math.min(admission.expiresAtMs, Date.now() + ADMISSION_MS) / 1_000),
    nats: {
      type: 'user',
      version: 2,
      ...UNLIMITED,
      pub: permissions.publish,
      sub: permissions.subscribe,
      allowed_connection_types: ['STANDARD'],
    },
  });
  return sealed(request, { jwt }, keys);
}

/** The sealed answer that turns an entrant away; the server tells it no reason. */
export const turnAway = (request: AuthRequest, keys: CalloutKeys): Uint8Array =>
  sealed(request, { error: 'refused' }, keys);

function sealed(
  { userNkey, serverId, serverXkey }: AuthRequest,
  verdict: { readonly jwt: string } | { readonly error: string },
  { issuer, xkey }: CalloutKeys,
): Uint8Array {
  const nats = { type: 'authorization_response', version: 2, ...verdict };
  return xkey.seal(new TextEncoder().encode(issuer.sign({ sub: userNkey, aud: serverId, nats })), serverXkey);
}
