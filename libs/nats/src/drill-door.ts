/** For drills and specs: a vault's door in memory, for stand-ins that speak the protocol and store no secret. */
import type { Powers, Principal, RpcReply, SessionId, VaultKey } from '@keytrail/contracts';
import { IntrospectSessionRequest, LIMITS, OpenSessionReply, SealedMessage } from '@keytrail/contracts';
import {
  exportSessionKeys,
  type HpkeKeyPair,
  type KeyObject,
  mintHpkeKeyPair,
  openSealed,
  randomBytes,
  type PublishedKey,
  SEALED_FOR,
  type SealedText,
  type SecretBytes,
  sessionKeys,
  sessionSecret,
  type SigningKey,
  signingKey,
  signSealingKey,
  uuidv7,
  vaultKeyOf,
} from '@keytrail/crypto';
import { ok, refused } from './answer.js';
import type { RpcRequest } from './rpc-request.js';
import { sealedUnder } from './rpc-replies.js';
import type { KnownSession, RpcSessions } from './rpc-sessions.js';

type Known = Omit<KnownSession, 'keys'> & { readonly secret: KeyObject };

/** Handlers by operation, in the form of `RpcServer.addHandler`. */
type Handlers = Readonly<Record<string, (body: unknown, request: RpcRequest) => Promise<unknown>>>;

export interface DrillDoor {
  readonly vaultKey: VaultKey;
  /** `key.list`, `session.open`, `session.introspect` as a vault answers them; whoever knocks is let in. */
  readonly handlers: Handlers;
  /** Those of the handlers that need no session. */
  readonly withoutSession: ReadonlySet<string>;
  /** The sessions as this service knows them. */
  sessionsOf(service: string): RpcSessions;
  /** What was sealed to the vault; throws `DecryptionFailed`. */
  open(sealed: SealedText, purpose: keyof typeof SEALED_FOR, context: readonly string[]): SecretBytes;
  /** Ends every session. */
  forget(): void;
}

const LIFETIME_MS = 3_600_000;

function publishedKey({ publicKey }: HpkeKeyPair, signing: SigningKey): PublishedKey {
  const now = Date.now();
  const key = {
    keyId: uuidv7(),
    publicKey: Buffer.from(publicKey).toString('base64url'),
    notBefore: new Date(now).toISOString(),
    notAfter: new Date(now + 86_400_000).toISOString(),
  };
  return signSealingKey(key, signing);
}

/** `powersOf` says what a principal may; `serviceOf` which service it is that introspects. */
export function drillDoor(
  powersOf: (principal: Principal) => Powers,
  serviceOf: (principal: Principal) => string = () => 'vault',
): DrillDoor {
  const signing = signingKey(randomBytes(32));
  const pair = mintHpkeKeyPair();
  const key = publishedKey(pair, signing);
  const vaultKey = vaultKeyOf(signing) as VaultKey;
  const sessions = new Map<SessionId, Known>();
  const sessionsOf = (service: string): RpcSessions => ({
    find: async (sessionId) => {
      const known = sessions.get(sessionId);
      return known === undefined ? null : { ...known, keys: sessionKeys(known.secret, service) };
    },
  });

  const open = async (body: unknown, { address, subject, reply }: RpcRequest) => {
    const sealed = SealedMessage.parse(body);
    const { exportSecret } = openSealed(pair, sealed, { purpose: SEALED_FOR.session, context: [subject, reply] });
    const { principal, conn } = address;
    const known: Known = {
      sessionId: uuidv7() as SessionId,
      principal,
      conn,
      secret: sessionSecret(exportSecret),
      powers: powersOf(principal),
      expiresAtMs: Date.now() + LIFETIME_MS,
      address: null,
    };
    sessions.set(known.sessionId, known);
    const { sessionId, secret, expiresAtMs } = known;
    const opened = { sessionId, expiresAt: new Date(expiresAtMs).toISOString(), messages: LIMITS.sessionMessages };
    return sealedUnder(ok(OpenSessionReply.parse(opened)), { sessionId, keys: sessionKeys(secret, 'vault') });
  };
  const introspect = async (body: unknown, { actor }: RpcRequest): Promise<RpcReply> => {
    const known = sessions.get(IntrospectSessionRequest.parse(body).sessionId);
    if (known === undefined) return ok(null);
    const { secret, powers, expiresAtMs, ...facts } = known;
    const keys = exportSessionKeys(sessionKeys(secret, serviceOf(actor)));
    return ok({ ...facts, ...powers, ...keys, expiresAt: new Date(expiresAtMs).toISOString() });
  };

  return {
    vaultKey,
    handlers: {
      'key.list': async () => ok({ signingKey: vaultKey, keys: [key] }),
      'session.open': (body, request) => open(body, request).catch(() => refused('auth.invalid', 'not a set-up')),
      'session.introspect': introspect,
    },
    withoutSession: new Set(['key.list', 'session.open']),
    sessionsOf,
    open: (sealed, purpose, context) => openSealed(pair, sealed, { purpose: SEALED_FOR[purpose], context }).plaintext,
    forget: () => sessions.clear(),
  };
}
