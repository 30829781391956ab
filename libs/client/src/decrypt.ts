/** One value, asked of the vault and held against what was asked. */
import {
  type Code,
  DecryptReply,
  DecryptRequest,
  LIMITS,
  parse,
  partsOf,
  rpcError,
  sentenceOf,
} from '@keytrail/contracts';
import { SecretBytes, uuidv7 } from '@keytrail/crypto';
import { Decrypted } from './decrypted.js';
import type { Entry } from './entry.js';
import { KeytrailError } from './keytrail-error.js';

export interface DecryptOptions {
  /** The current version by default. */
  readonly version?: number;
  /** Why the value is needed, 1 to 200 characters; it stands in the audit. */
  readonly purpose?: string;
  /** How long to wait at most, in ms: 2,000 by default, 10,000 at most. */
  readonly timeoutMs?: number;
  /** 1 to 64 of A-Z, a-z, 0-9, _ and -; minted by default. */
  readonly requestId?: string;
  /** The `requestId` of an earlier attempt whose answer did not come: the audit then tells the two as one wish. */
  readonly repeatOf?: string;
  /** The W3C trace context of the caller. */
  readonly traceparent?: string;
}

/** A value, and the id of the request that it answers. */
export interface Obtained {
  readonly value: Decrypted;
  readonly requestId: string;
}

/** Throws {@link KeytrailError}. */
export async function decrypt(
  entry: Pick<Entry, 'request'>,
  reference: string,
  { timeoutMs = LIMITS.deadlineDefaultMs, requestId = uuidv7(), traceparent, ...said }: DecryptOptions,
): Promise<Obtained> {
  const request = parse(DecryptRequest, { reference, ...said });
  if (!request.ok) throw failure('request.malformed', sentenceOf(request.issues), requestId);
  const reply = await entry.request({
    service: 'vault',
    workspace: partsOf(request.value.reference).workspace,
    aggregate: 'secret',
    verb: 'decrypt',
    body: request.value,
    requestId,
    deadlineMs: Date.now() + Math.min(timeoutMs, LIMITS.deadlineMaxMs),
    ...(traceparent !== undefined && { traceparent }),
  });
  if (!reply.ok) throw new KeytrailError(reply.error, requestId);
  const answer = parse(DecryptReply, reply.value);
  if (!answer.ok) throw failure('internal', 'the vault gave an answer that cannot be read', requestId);
  return { value: decryptedOf(request.value, answer.value), requestId };
}

/** What was asked for, as it was answered. */
export function decryptedOf({ reference }: DecryptRequest, { receipt, version, value }: DecryptReply): Decrypted {
  return new Decrypted({ reference, version, receipt }, bytesOf(value));
}

/** What is wrong before anything is sent, or with what came back. */
export function failure(code: Code, message: string, requestId: string): KeytrailError {
  return new KeytrailError(rpcError(code, message), requestId);
}

function bytesOf(text: string): SecretBytes {
  const decoded = Buffer.from(text, 'base64');
  const value = SecretBytes.copyOf(decoded);
  decoded.fill(0);
  return value;
}
