/** The secret aggregate: what is said of a stored value and its versions; never the value itself. */
import { z } from 'zod';
import { Digest, Principal, Reference, RotationId, SecretId, Timestamp, WorkspaceSlug } from './ids.js';
import { LIMITS } from './limits.js';
import {
  QuarantineDescription,
  QuarantineRequestShape,
  QuarantineShape,
  ReleaseRequestedShape,
  ReleaseRequestShape,
} from './quarantine.js';
import { RandomValue } from './rotation.js';
import { SealedMessage } from './session.js';

/**
 * How a version's material is bound to its event: the keyed fingerprint (equal values of one workspace have equal
 * fingerprints) and the SHA-256 of the ciphertext, which stands in `sealed_version`.
 */
const VersionFactsShape = {
  version: z.int().positive(),
  fingerprint: Digest,
  ciphertextDigest: Digest,
  keyId: z.string(),
  expiresAt: Timestamp.optional(),
};
export type VersionFacts = Readonly<z.infer<z.ZodObject<typeof VersionFactsShape>>>;

export const SecretCreatedData = z.object({ ...VersionFactsShape, secretId: SecretId });
/** `rotationId` where a rotation asked for it. */
export const SecretVersionAddedData = z.object({ ...VersionFactsShape, rotationId: RotationId.optional() });
export const SecretRevokedData = z.object({ throughVersion: z.int().positive() });

export const SecretDisabledData = z.object({});
export const SecretEnabledData = z.object({});
export const SecretDeletedData = z.object({});
export const SecretUndeletedData = z.object({});
/** `principal`: the one who is held back; absent where everybody is. */
const Whom = { principal: Principal.optional() };
export const SecretQuarantinedData = z.object({ ...Whom, ...QuarantineShape });
export const SecretReleaseRequestedData = z.object({ ...Whom, ...ReleaseRequestedShape });
export const SecretReleasedData = z.object(Whom);

export interface SecretCreated {
  readonly type: 'SecretCreated';
  readonly data: Readonly<z.infer<typeof SecretCreatedData>>;
}

/** The new version becomes the current one, and re-authorises a revoked secret. */
export interface SecretVersionAdded {
  readonly type: 'SecretVersionAdded';
  readonly data: Readonly<z.infer<typeof SecretVersionAddedData>>;
}

/** Final for every version up to `throughVersion`. */
export interface SecretRevoked {
  readonly type: 'SecretRevoked';
  readonly data: Readonly<z.infer<typeof SecretRevokedData>>;
}

export type SecretEvent =
  | SecretCreated
  | SecretVersionAdded
  | SecretRevoked
  | { readonly type: 'SecretDisabled'; readonly data: Readonly<z.infer<typeof SecretDisabledData>> }
  | { readonly type: 'SecretEnabled'; readonly data: Readonly<z.infer<typeof SecretEnabledData>> }
  | { readonly type: 'SecretDeleted'; readonly data: Readonly<z.infer<typeof SecretDeletedData>> }
  | { readonly type: 'SecretUndeleted'; readonly data: Readonly<z.infer<typeof SecretUndeletedData>> }
  | { readonly type: 'SecretQuarantined'; readonly data: Readonly<z.infer<typeof SecretQuarantinedData>> }
  | { readonly type: 'SecretReleaseRequested'; readonly data: Readonly<z.infer<typeof SecretReleaseRequestedData>> }
  | { readonly type: 'SecretReleased'; readonly data: Readonly<z.infer<typeof SecretReleasedData>> };

/** A value on its way in: UTF-8 text, or any bytes as base64 (RFC 4648 section 4, padded); 1 to 65,536 bytes. */
export const SecretValue = z.union(
  [
    z.strictObject({ text: z.string().min(1, 'is empty: a value has 1 to 65,536 bytes') }),
    z.strictObject({
      base64: z.base64('is not base64 (RFC 4648 section 4, padded)').min(1, 'is empty: a value has 1 to 65,536 bytes'),
    }),
  ],
  'must be { "text": … } or { "base64": … } with 1 to 65,536 bytes',
);
export type SecretValue = z.infer<typeof SecretValue>;

/** The number of bytes that a value stands for. */
export function byteLengthOf(value: SecretValue): number {
  if ('text' in value) return new TextEncoder().encode(value.text).length;
  const padding = value.base64.endsWith('==') ? 2 : value.base64.endsWith('=') ? 1 : 0;
  return (value.base64.length / 4) * 3 - padding;
}

export const isValueTooLarge = (value: SecretValue): boolean => byteLengthOf(value) > LIMITS.secretValueBytes;

/**
 * The optimistic guard of a change: refused with `secret.revision_conflict` unless the secret stands at this revision.
 */
const ExpectedRevision = z.int().nonnegative().optional();

/** The value's bytes, sealed to the vault for this reference alone: see `SealedMessage`. */
export const CreateSecretRequest = z.strictObject({
  reference: Reference,
  sealedValue: SealedMessage,
  expiresAt: Timestamp.optional(),
});
export type CreateSecretRequest = z.infer<typeof CreateSecretRequest>;

export const AddSecretVersionRequest = z.strictObject({
  reference: Reference,
  sealedValue: SealedMessage,
  expiresAt: Timestamp.optional(),
  expectedRevision: ExpectedRevision,
});
export type AddSecretVersionRequest = z.infer<typeof AddSecretVersionRequest>;

/**
 * A new version whose value the vault makes: nobody else has seen it. One rotation makes one version: repeated with the
 * same
 * `rotationId`, the request is answered as it was the first time.
 */
export const GenerateSecretVersionRequest = z.strictObject({
  reference: Reference,
  generate: RandomValue,
  rotationId: RotationId,
});
export type GenerateSecretVersionRequest = z.infer<typeof GenerateSecretVersionRequest>;

/** `reason` is free text: it goes into the event's detail, where it can be erased. */
export const RevokeSecretRequest = z.strictObject({
  reference: Reference,
  reason: z.string().min(1).max(500).optional(),
  expectedRevision: ExpectedRevision,
});
export type RevokeSecretRequest = z.infer<typeof RevokeSecretRequest>;

/** To disable, enable, delete or undelete: each asks for the same. */
export const TurnSecretRequest = RevokeSecretRequest;
export type TurnSecretRequest = RevokeSecretRequest;

/** Without `principal` nobody obtains the secret; with one, that one does not. */
export const QuarantineSecretRequest = z.strictObject({ reference: Reference, ...Whom, ...QuarantineRequestShape });
export type QuarantineSecretRequest = z.infer<typeof QuarantineSecretRequest>;

export const ReleaseSecretRequest = z.strictObject({ reference: Reference, ...Whom, ...ReleaseRequestShape });
export type ReleaseSecretRequest = z.infer<typeof ReleaseSecretRequest>;

export const GetSecretRequest = z.strictObject({ reference: Reference });
export type GetSecretRequest = z.infer<typeof GetSecretRequest>;

export const VersionStatus = z.enum(['active', 'revoked']);
export type VersionStatus = z.infer<typeof VersionStatus>;

/** The first of these that holds: `deleted`, `disabled`, then what its current version is. */
export const SecretStatus = z.enum(['active', 'disabled', 'revoked', 'deleted']);
export type SecretStatus = z.infer<typeof SecretStatus>;

export const SecretVersionDescription = z.strictObject({
  version: z.int().positive(),
  status: VersionStatus,
  fingerprint: Digest,
  createdAt: Timestamp,
  expiresAt: Timestamp.optional(),
  revokedAt: Timestamp.optional(),
});
export type SecretVersionDescription = z.infer<typeof SecretVersionDescription>;

/** Everything about a secret but its value. */
export const SecretDescription = z.strictObject({
  id: SecretId,
  reference: Reference,
  workspace: WorkspaceSlug,
  provider: z.string(),
  key: z.string(),
  status: SecretStatus,
  /** Those that stand; one whose time has passed is not shown. */
  quarantines: z.array(QuarantineDescription),
  currentVersion: z.int().positive(),
  revision: z.int().positive(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** The latest hundred, oldest first. */
  versions: z.array(SecretVersionDescription).max(LIMITS.describedVersions),
});
export type SecretDescription = z.infer<typeof SecretDescription>;

/** `secret.revoked`: a rotation would have re-authorised it; a person may, with a new version. */
export type SecretRejectionCode =
  | 'secret.already_exists'
  | 'secret.not_found'
  | 'secret.deleted'
  | 'secret.disabled'
  | 'secret.revoked'
  | 'secret.not_quarantined'
  | 'secret.quarantine_limit'
  | 'secret.version_limit'
  | 'secret.revision_conflict';

/** The stream of a secret: one per reference, so that two secrets cannot bear one name. */
export const secretStream = (reference: string): string => `secret-${reference}`;
