/** Sessions: how a caller shows once who it is, and what of it travels with each request. */
import { z } from 'zod';
import { KeyId, Principal, SessionId, Timestamp, TokenId } from './ids.js';
import { LIMITS } from './limits.js';
import { PrincipalKind } from './principal.js';
import { RoleBinding, Scope } from './role.js';

const base64url = (bytes: number) => {
  const characters = Math.ceil((bytes * 4) / 3);
  return z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${characters}}$`), `is not ${bytes} bytes in base64url`);
};

/** The vault's Ed25519 public key, by which clients know it: `kv_` and 32 bytes in base64url. */
export const VaultKey = z
  .string()
  .regex(/^kv_[A-Za-z0-9_-]{43}$/, 'is not a vault key: kv_ and 43 of A-Z, a-z, 0-9, _ and -')
  .brand<'VaultKey'>();
export type VaultKey = z.infer<typeof VaultKey>;

/** An HPKE public key (X25519) of the vault; the signature is the vault key's. */
export const SealingKey = z.strictObject({
  keyId: KeyId,
  publicKey: base64url(32),
  notBefore: Timestamp,
  notAfter: Timestamp,
  signature: base64url(64),
});
export type SealingKey = z.infer<typeof SealingKey>;

export const ListKeysRequest = z.strictObject({});

/** Newest first: seal to the first one. */
export const SealingKeys = z.strictObject({ signingKey: VaultKey, keys: z.array(SealingKey).max(8) });
export type SealingKeys = z.infer<typeof SealingKeys>;

/** An HPKE message (RFC 9180, base mode, X25519, HKDF-SHA256, AES-256-GCM) to one of the vault's sealing keys. */
export const SealedMessage = z.strictObject({
  keyId: KeyId,
  enc: base64url(32),
  ciphertext: z.base64('is not base64 (RFC 4648 section 4, padded)').min(24),
});
export type SealedMessage = z.infer<typeof SealedMessage>;

/** What proves who somebody is. It travels inside of a sealed message and nowhere else. */
export const Credential = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('api_token'), token: z.string().max(200) }),
  /** Of OIDC or of Kubernetes: the issuer tells which. */
  z.strictObject({ type: z.literal('jwt'), token: z.string().max(LIMITS.jwtCharacters) }),
  /** An nkey (`U…`) and its signature (base64url) over what the protocol says. */
  z.strictObject({
    type: z.literal('nkey'),
    publicKey: z.string().regex(/^U[A-Z2-7]{55}$/, 'is not an nkey of a user'),
    signature: base64url(64),
  }),
]);
export type Credential = z.infer<typeof Credential>;

export const CredentialType = z.enum(['api_token', 'jwt', 'nkey']);
export type CredentialType = z.infer<typeof CredentialType>;

/** `messages` is the largest counter that the session takes. */
export const OpenSessionReply = z.strictObject({
  sessionId: SessionId,
  expiresAt: Timestamp,
  messages: z.int().positive(),
});
export type OpenSessionReply = z.infer<typeof OpenSessionReply>;

/** Asked by the gateway: whose credential is this? */
export const AuthenticateRequest = z.strictObject({ credential: SealedMessage });
export type AuthenticateRequest = z.infer<typeof AuthenticateRequest>;

export const AuthenticatedCaller = z.strictObject({
  principal: Principal,
  kind: PrincipalKind,
  displayName: z.string(),
  roles: z.array(RoleBinding),
  scopes: z.array(Scope).optional(),
  tokenId: TokenId.optional(),
});
export type AuthenticatedCaller = z.infer<typeof AuthenticatedCaller>;

/** Asked by the other services: who is behind this session, and by which keys do we know its requests? */
export const IntrospectSessionRequest = z.strictObject({ sessionId: SessionId });
export type IntrospectSessionRequest = z.infer<typeof IntrospectSessionRequest>;

/** `requestKey` and `replyKey` are of the asking service alone. */
export const IntrospectedSession = z.strictObject({
  sessionId: SessionId,
  principal: Principal,
  conn: z.string(),
  roles: z.array(RoleBinding),
  scopes: z.array(Scope).optional(),
  expiresAt: Timestamp,
  address: z.string().nullable(),
  requestKey: base64url(32),
  replyKey: base64url(32),
});
export type IntrospectedSession = z.infer<typeof IntrospectedSession>;

export const SessionOpenedData = z.object({
  sessionId: SessionId,
  credential: CredentialType,
  tokenId: TokenId.optional(),
  expiresAt: Timestamp,
});

/** Where somebody knocked in vain: at the bus, at the vault for a session, or at the gateway. */
export const AuthenticationDoor = z.enum(['connect', 'session', 'gateway']);
export type AuthenticationDoor = z.infer<typeof AuthenticationDoor>;

/** Why a credential was not taken: told to the audit; the caller hears that it was not valid. */
export const AuthenticationFailure = z.enum([
  'credential.malformed',
  'credential.unreadable',
  'token.unknown',
  'token.revoked',
  'token.expired',
  'jwt.issuer_unknown',
  'jwt.invalid',
  'jwt.subject_unknown',
  'nkey.unknown',
  'nkey.signature_invalid',
  'principal.suspended',
  'principal.mismatch',
  'conn.unknown',
  'conn.taken',
]);
export type AuthenticationFailure = z.infer<typeof AuthenticationFailure>;

/** `count` attempts are told by one event. */
export const AuthenticationFailedData = z.object({
  door: AuthenticationDoor,
  reason: AuthenticationFailure,
  count: z.int().positive(),
  tokenId: TokenId.optional(),
});

export type AuthenticationEvent =
  | { readonly type: 'SessionOpened'; readonly data: Readonly<z.infer<typeof SessionOpenedData>> }
  | { readonly type: 'AuthenticationFailed'; readonly data: Readonly<z.infer<typeof AuthenticationFailedData>> };

/** The stream that facts of authentication are told in; it has no revision. */
export const AUTHENTICATION_STREAM = 'authentication';

export const SigningKeyCreatedData = z.object({ keyId: KeyId, signingKey: VaultKey });
export const SealingKeyRotatedData = z.object(SealingKey.omit({ signature: true }).shape);

export type KeyEvent =
  | { readonly type: 'SigningKeyCreated'; readonly data: Readonly<z.infer<typeof SigningKeyCreatedData>> }
  | { readonly type: 'SealingKeyRotated'; readonly data: Readonly<z.infer<typeof SealingKeyRotatedData>> };

/** The one stream of the vault's own keys. */
export const KEY_STREAM = 'key-vault';
