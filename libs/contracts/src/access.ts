/** The access aggregate: every attempt to obtain a value, allowed or not; it carries no revision. */
import { z } from 'zod';
import { Digest, EventId, Position, Reference, RequestId, SecretId } from './ids.js';
import { LIMITS } from './limits.js';
import { Permission } from './permission.js';
import type { RpcReply } from './rpc.js';

/** Why an attempt was refused: told to the audit, never to the caller. */
export const DenialReason = z.enum([
  'principal.not_permitted',
  'principal.quarantined',
  'credential.out_of_scope',
  'policy.forbidden',
  'policy.failed',
  'principal.suspended',
  'credential.revoked',
  'credential.expired',
  'workspace.not_found',
  'secret.not_found',
  'secret.deleted',
  'secret.quarantined',
  'secret.disabled',
  'secret.revoked',
  'version.not_found',
  'version.revoked',
  'version.expired',
  'material.unreadable',
]);
export type DenialReason = z.infer<typeof DenialReason>;

/**
 * `repeatOf`: the caller says that it asks again, for an answer that it did not get to an earlier request of its own.
 */
export const SecretDecryptedData = z.object({
  secretId: SecretId,
  version: z.int().positive(),
  repeatOf: RequestId.optional(),
});

/** The first few statements that have decided, such as `policy:no-nights@2#1` or `profile:strict`. */
const Determining = z.array(z.string()).max(8).optional();

/**
 * `version` is the one that was asked for; absent where the current one was. `count` attempts are told by one event;
 * where they were about several secrets it names none of them.
 */
export const SecretAccessDeniedData = z.object({
  reason: DenialReason,
  count: z.int().positive(),
  policies: Determining,
  secretId: SecretId.optional(),
  version: z.int().positive().optional(),
  repeatOf: RequestId.optional(),
});

/** What was asked is no access to a value: a change, a list, a question. `permission` is the one that was missing. */
export const OperationDeniedData = z.object({
  permission: Permission,
  reason: DenialReason,
  count: z.int().positive(),
  policies: Determining,
});

export interface SecretDecrypted {
  readonly type: 'SecretDecrypted';
  readonly data: Readonly<z.infer<typeof SecretDecryptedData>>;
}

export interface SecretAccessDenied {
  readonly type: 'SecretAccessDenied';
  readonly data: Readonly<z.infer<typeof SecretAccessDeniedData>>;
}

export interface OperationDenied {
  readonly type: 'OperationDenied';
  readonly data: Readonly<z.infer<typeof OperationDeniedData>>;
}

export type AccessEvent = SecretDecrypted | SecretAccessDenied | OperationDenied;

/** The stream in which denials are told that are of no one secret; it has no revision. */
export const DENIAL_STREAM = 'denial';

/**
 * `purpose` is free text: it goes into the event's detail. Without `version` the current one is meant. `repeatOf` is
 * the id of an earlier request of the caller's that was not answered: a repeated access is decided again, and its event
 * says so.
 */
export const DecryptRequest = z.strictObject({
  reference: Reference,
  version: z.int().positive().optional(),
  purpose: z.string().min(1).max(200).optional(),
  repeatOf: RequestId.optional(),
});
export type DecryptRequest = z.infer<typeof DecryptRequest>;

/** The proof that an access stands in the journal: `digest` is the SHA-256 of the event's body. */
export const Receipt = z.strictObject({ eventId: EventId, position: Position, digest: Digest });
export type Receipt = z.infer<typeof Receipt>;

/** `value` is in base64; the whole reply travels sealed under the caller's session. */
export const DecryptReply = z.strictObject({ receipt: Receipt, version: z.int().positive(), value: z.base64() });
export type DecryptReply = z.infer<typeof DecryptReply>;

/** Each is decided, recorded and answered as if it were asked by itself; all are of the one workspace. */
export const DecryptBatchRequest = z.strictObject({
  items: z.array(DecryptRequest).min(1).max(LIMITS.decryptBatchItems),
});
export type DecryptBatchRequest = z.infer<typeof DecryptBatchRequest>;

/** In the order of the request: of each item the reply, whose value is a {@link DecryptReply}. */
export const DecryptBatchReply = z.strictObject({ items: z.array(z.unknown()) });
export interface DecryptBatchReply {
  readonly items: readonly RpcReply<DecryptReply>[];
}
