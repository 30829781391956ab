/** The facts of a change that names somebody: nothing of a name may outlast the detail that it stands in. */
import { type EventDetail, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { canonicalJson, fingerprint } from '@keytrail/crypto';
import type { RequestFacts } from '@keytrail/eventsourcing';
import { factsOfChange, type RpcRequest } from '@keytrail/nats';
import type { Keyring } from '../key/keyring.js';

/** The vault has no keys of its own yet. */
export class NotSetUp extends Error {
  override readonly name = 'NotSetUp';
  readonly code = 'service.unavailable';
  readonly retryable = true;
  constructor() {
    super('the vault has not been set up: run its bootstrap');
  }
}

/**
 * `said` goes into the command's digest as it stands, the detail as a keyed fingerprint: a digest outlives what is
 * erased, and names are easily guessed. Throws {@link NotSetUp}.
 */
export async function discreetFacts(
  keyring: Keyring,
  rpc: RpcRequest,
  { said, detail }: { readonly said: object; readonly detail: EventDetail },
): Promise<RequestFacts> {
  const keys = await keyring.of(SYSTEM_WORKSPACE);
  if (keys === null) throw new NotSetUp();
  const print = fingerprint(keys.fingerprint, Buffer.from(canonicalJson(detail)));
  return factsOfChange(rpc, { ...said, detail: print }, detail);
}
