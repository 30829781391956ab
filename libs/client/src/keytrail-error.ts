/** What a caller of the client catches: one class, told apart by `code`. */
import type { Code, RpcError } from '@keytrail/contracts';

/** A request that was not served. `retryable`: the same request may succeed later, unchanged. */
export class KeytrailError extends Error {
  override readonly name = 'KeytrailError';
  readonly code: Code;
  readonly retryable: boolean;
  /** The id under which services and audit know the request; `connect` where it was none. */
  readonly requestId: string;

  constructor({ code, message, retryable }: RpcError, requestId: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryable = retryable;
    this.requestId = requestId;
  }
}
