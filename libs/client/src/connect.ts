/** The client of internal services: connect once, decrypt whenever a value is needed. */
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
import { mintConn, SecretBytes, uuidv7 } from '@keytrail/crypto';
import { type BusConnection, connectRpc, rpcClient, type RpcClient } from '@keytrail/nats';
import { Decrypted } from './decrypted.js';
import { KeytrailError } from './keytrail-error.js';

export interface ConnectOptions {
  /** nats:// or tls:// URL of the bus. */
  readonly url: string;
  /** Who asks: the principal that was minted for this service. */
  readonly principal: string;
  /** The nkey seed (`SU…`) that proves it. */
  readonly seed: string;
  /** Shown by the bus's tools; `keytrail-client` by default. */
  readonly name?: string;
}

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

export interface KeytrailClient {
  /**
   * Obtains a value. Throws {@link KeytrailError}: `secret.unavailable` where it does not exist, is revoked, expired or
   * not for this caller; `request.malformed` before anything is sent; `request.deadline_exceeded` and
   * `service.unavailable` may be tried again. Each call is an access of its own in the audit.
   */
  decrypt(reference: string, options?: DecryptOptions): Promise<Decrypted>;
  close(): Promise<void>;
}

/** Throws {@link KeytrailError} `service.unavailable` where the bus cannot be reached or refuses the credentials. */
export async function connect({
  url,
  principal,
  seed,
  name = 'keytrail-client',
}: ConnectOptions): Promise<KeytrailClient> {
  const conn = mintConn();
  const connection = await open({ url, principal, seed, name, conn });
  const rpc = rpcClient(connection, { principal, conn });
  return {
    decrypt: (reference, options = {}) => decrypt(rpc, reference, options),
    close: () => connection.close(),
  };
}

async function open(options: Parameters<typeof connectRpc>[0]): Promise<BusConnection> {
  try {
    return await connectRpc(options);
  } catch (cause) {
    const message = 'the bus cannot be reached, or refuses these credentials';
    const error = failure('service.unavailable', message, 'connect');
    error.cause = cause;
    throw error;
  }
}

async function decrypt(rpc: RpcClient, reference: string, options: DecryptOptions): Promise<Decrypted> {
  const {
    version,
    purpose,
    repeatOf,
    traceparent,
    timeoutMs = LIMITS.deadlineDefaultMs,
    requestId = uuidv7(),
  } = options;
  const asked = {
    reference,
    ...(version !== undefined && { version }),
    ...(purpose !== undefined && { purpose }),
    ...(repeatOf !== undefined && { repeatOf }),
  };
  const request = parse(DecryptRequest, asked);
  if (!request.ok) throw failure('request.malformed', sentenceOf(request.issues), requestId);
  const reply = await rpc.request<unknown>({
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
  const { receipt, version: obtained, sealed } = answer.value;
  return new Decrypted({ reference: request.value.reference, version: obtained, receipt }, bytesOf(sealed));
}

function failure(code: Code, message: string, requestId: string): KeytrailError {
  return new KeytrailError(rpcError(code, message), requestId);
}

function bytesOf(sealed: string): SecretBytes {
  const decoded = Buffer.from(sealed, 'base64');
  const value = SecretBytes.copyOf(decoded);
  decoded.fill(0);
  return value;
}
