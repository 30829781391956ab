/**
 * What the scheduler asks of the vault: whether a secret is in force, and to make its next version. It sees no value.
 */
import type {
  Code,
  RandomValue,
  Reference,
  RotationId,
  RpcReply,
  SecretDescription,
  SecretStatus,
} from '@keytrail/contracts';
import { partsOf } from '@keytrail/contracts';
import type { RpcCall, RpcClient, RpcRequest } from '@keytrail/nats';

/** One rotation's request for a version. */
export interface VersionWanted {
  readonly reference: Reference;
  readonly rotationId: RotationId;
  readonly value: RandomValue;
}

export interface Vault {
  /** On behalf of a request; null where there is no such secret. Throws {@link VaultSilent}. */
  statusOf(reference: Reference, request: RpcRequest): Promise<SecretStatus | null>;
  /** However often a rotation asks, it has one version. Never throws. */
  generate(wanted: VersionWanted): Promise<RpcReply<SecretDescription>>;
}

/** The vault has not said what it was asked. */
export class VaultSilent extends Error {
  override readonly name = 'VaultSilent';

  constructor(readonly code: Code) {
    super(`the vault could not be asked about a secret: ${code}`);
  }
}

export function vaultClient(rpc: RpcClient): Vault {
  const ask = (reference: Reference, call: Pick<RpcCall, 'verb' | 'body'> & Partial<RpcCall>) =>
    rpc.request<SecretDescription>({
      service: 'vault',
      workspace: partsOf(reference).workspace,
      aggregate: 'secret',
      ...call,
    });
  return {
    statusOf: async (reference, { requestId, deadlineMs, traceparent }) => {
      const origin = { requestId, deadlineMs, ...(traceparent !== undefined && { traceparent }) };
      const reply = await ask(reference, { verb: 'get', body: { reference }, ...origin });
      if (reply.ok) return reply.value.status;
      if (reply.error.code === 'secret.not_found') return null;
      throw new VaultSilent(reply.error.code);
    },
    generate: ({ reference, rotationId, value }) => {
      const body = { reference, generate: value, rotationId };
      return ask(reference, { verb: 'generate_version', body, requestId: rotationId, commandId: rotationId });
    },
  };
}
