/** Many values at once, asked of the vault with as few requests as they fit into. */
import {
  DecryptBatchReply,
  DecryptBatchRequest,
  DecryptReply,
  DecryptRequest,
  LIMITS,
  parse,
  parseReply,
  partsOf,
  rpcError,
  type RpcReply,
  sentenceOf,
} from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { decryptedOf, type DecryptOptions, failure, type Obtained } from './decrypt.js';
import type { Entry } from './entry.js';
import { KeytrailError } from './keytrail-error.js';

/** One of many values: a reference, and what goes with it. */
export interface DecryptItem extends Pick<DecryptOptions, 'version' | 'purpose' | 'repeatOf'> {
  readonly reference: string;
}

/** What goes for all of them. */
export type DecryptBatchOptions = Pick<DecryptOptions, 'timeoutMs' | 'requestId' | 'traceparent'>;

/** How one of many has ended. */
export type DecryptOutcome<T = Obtained> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: KeytrailError };

/** An item that is well-formed, and its place among all. */
interface Placed {
  readonly request: DecryptRequest;
  readonly place: number;
}

interface Sending {
  readonly requestId: string;
  readonly deadlineMs: number;
  readonly traceparent?: string;
}

/**
 * In the order of the items, an outcome each. A request is for one workspace, has a limit of items, and is refused
 * undone where its values do not fit into one answer: then each half is asked for by itself.
 */
export async function decryptBatch(
  entry: Pick<Entry, 'request'>,
  items: readonly DecryptItem[],
  { timeoutMs = LIMITS.deadlineDefaultMs, requestId = uuidv7(), traceparent }: DecryptBatchOptions,
): Promise<readonly DecryptOutcome[]> {
  const deadlineMs = Date.now() + Math.min(timeoutMs, LIMITS.deadlineMaxMs);
  const sending = { requestId, deadlineMs, ...(traceparent !== undefined && { traceparent }) };
  const outcomes = new Map<number, DecryptOutcome>();
  const rooms = new Map<string, Placed[]>();
  items.forEach((item, place) => {
    const parsed = parse(DecryptRequest, item);
    if (!parsed.ok) {
      const error = failure('request.malformed', sentenceOf(parsed.issues), requestId);
      outcomes.set(place, { ok: false, error });
      return;
    }
    const { workspace } = partsOf(parsed.value.reference);
    const room = rooms.get(workspace) ?? [];
    room.push({ request: parsed.value, place });
    rooms.set(workspace, room);
  });
  const ask = async (workspace: string, placed: readonly Placed[]): Promise<void> => {
    const reply = await send(entry, { workspace, placed, ...sending });
    if (!reply.ok && reply.error.code === 'request.too_large' && placed.length > 1) {
      const half = Math.ceil(placed.length / 2);
      await Promise.all([ask(workspace, placed.slice(0, half)), ask(workspace, placed.slice(half))]);
      return;
    }
    placed.forEach(({ request: asked, place }, i) => {
      outcomes.set(place, outcomeOf(asked, reply.ok ? itemOf(reply.value, i) : reply, requestId));
    });
  };
  const asked = [...rooms].flatMap(([workspace, room]) => inRequests(room).map((placed) => ask(workspace, placed)));
  await Promise.all(asked);
  return items.map((_, place) => outcomes.get(place) as DecryptOutcome);
}

const inRequests = (room: readonly Placed[]): readonly (readonly Placed[])[] =>
  Array.from({ length: Math.ceil(room.length / LIMITS.decryptBatchItems) }, (_, i) =>
    room.slice(i * LIMITS.decryptBatchItems, (i + 1) * LIMITS.decryptBatchItems),
  );

type Request = Sending & { readonly workspace: string; readonly placed: readonly Placed[] };

function send(entry: Pick<Entry, 'request'>, { workspace, placed, ...sending }: Request): Promise<RpcReply> {
  const body: DecryptBatchRequest = { items: placed.map((each) => each.request) };
  return entry.request({ service: 'vault', workspace, aggregate: 'secret', verb: 'decrypt_batch', body, ...sending });
}

const unreadable = { ok: false, error: rpcError('internal', 'the vault gave an answer that cannot be read') } as const;

function itemOf(value: unknown, place: number): RpcReply {
  const batch = parse(DecryptBatchReply, value);
  return (batch.ok ? parseReply(batch.value.items[place]) : null) ?? unreadable;
}

function outcomeOf(asked: DecryptRequest, reply: RpcReply, requestId: string): DecryptOutcome {
  if (!reply.ok) return { ok: false, error: new KeytrailError(reply.error, requestId) };
  const answer = parse(DecryptReply, reply.value);
  if (!answer.ok) return { ok: false, error: new KeytrailError(unreadable.error, requestId) };
  return { ok: true, value: { value: decryptedOf(asked, answer.value), requestId } };
}
