/**
 * A thread of its own for documents that nobody has looked at yet: what is wrong with one can end the engine of this
 * thread, and no other. It stands by itself, because it is run as it is, compiled or not.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { policySetTextToParts, policyToJson, validate } from '@cedar-policy/cedar-wasm/nodejs';

const schema = workerData as string;

parentPort?.once('message', (source: string) => {
  const parts = policySetTextToParts(source);
  const statements = parts.type === 'success' ? parts.policies.map((text) => policyToJson(text)) : [];
  const validation = validate({ schema, policies: { staticPolicies: source } });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
  parentPort?.postMessage({ parts, statements, validation });
});
