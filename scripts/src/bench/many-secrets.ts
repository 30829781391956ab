/** Many secrets of one workspace, so that not all of them are at hand: made over the bus, and drawn by Zipf's law. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SealingKeys } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import type { RpcCall, RpcClient } from '@keytrail/nats';
import { inLanes } from '../promises/patiently.js';
import { sealedValue } from '../promises/sealed-value.js';
import { seeded } from '../promises/seeded.js';
import { gatewayRequester } from '../requester.js';
import type { System } from '../system.js';
import { served } from './refusal.js';
import { zipf } from './zipf.js';

export interface ManySecrets {
  readonly system: System;
  readonly count: number;
  readonly valueBytes: number;
  /** Asks for the vault's keys, which everybody may. */
  readonly anybody: Pick<RpcClient, 'request'>;
  readonly signal: AbortSignal;
}

/** As many as the vault commits together. */
const LANES = 64;
const ATTEMPTS = 10;
const BETWEEN_ATTEMPTS_MS = 200;

/**
 * Creates them as the gateway does for the administrator, without the HTTP before it, and so without a gateway. Throws
 * where one is refused.
 */
export async function makeSecrets({ system, count, valueBytes, anybody, signal }: ManySecrets): Promise<void> {
  const keys = { service: 'vault', workspace: '_system', aggregate: 'key', verb: 'list', body: {} };
  const published = served(await anybody.request<SealingKeys>(keys));
  const value = 'v'.repeat(valueBytes);
  const gateway = await gatewayRequester(system);
  try {
    await inLanes(count, LANES, async (n) => {
      signal.throwIfAborted();
      const reference = referenceOf(n);
      const body = { reference, sealedValue: sealedValue(published, reference, value) };
      const call = { service: 'vault', workspace: 'acme', aggregate: 'secret', verb: 'create', body };
      await insistently(gateway.rpc, { ...call, commandId: uuidv7() });
    });
  } finally {
    await gateway.close();
  }
}

/** Repeats what may not have been made, under the same command id, so that it is made once. */
async function insistently(rpc: RpcClient, call: RpcCall): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const reply = await rpc.request(call);
    if (reply.ok) return;
    if (!reply.error.retryable || attempt === ATTEMPTS) served(reply);
    await sleep(BETWEEN_ATTEMPTS_MS);
  }
}

/** Draws one reference after the other, of the same ones in each run. */
export function drawnReferences(count: number): () => string {
  const random = seeded(`zipf ${count}`);
  const draw = zipf(count, () => random.uniform());
  return () => referenceOf(draw());
}

/** All of one length. */
const referenceOf = (n: number): string => `tenant.acme.openai.many_${String(n).padStart(6, '0')}`;
