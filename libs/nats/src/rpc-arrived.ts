/** A request as it has come, before anything of it is believed; and what is said of one that is not served. */
import { LIMITS, type RpcAddress } from '@keytrail/contracts';
import type { MessageHandler } from '@nestjs/microservices';
import type { Msg } from '@nats-io/transport-node';
import { refused } from './answer.js';
import { FairDoor, type Visitor } from './fair-door.js';
import { isPast } from './rpc-request.js';
import { headersRead } from './wire-headers.js';

/** What an answer takes: where to, to what, and since when, as `operation` is told to metrics. */
export interface Answerable {
  readonly to: string;
  readonly message: Msg;
  readonly operation: string;
  readonly startedMs: number;
}

/** `caller` is the principal that nats-server lets the sender speak as. */
export interface Arrived extends Answerable, Visitor {
  readonly address: RpcAddress;
  readonly handler: MessageHandler;
}

/** Of an operation that is many requests in one: how few bytes one of them has, and how many there are at most. */
export interface ManyInOne {
  readonly itemBytes: number;
  readonly items: number;
}

/** Its size is known before it is read; it can be no more requests than have room in it. */
export const weightOf = ({ itemBytes, items }: ManyInOne, { data }: Msg): number =>
  Math.max(1, Math.min(items, Math.ceil(data.length / itemBytes)));

/**
 * No more is at work than the journal commits together: whatever comes to it goes with the next commit, whoever it is
 * of, and all else waits here, in a fair order. Whoever asks for little at once does not wait, whatever the others do.
 */
const AT_WORK = { inside: LIMITS.commitItems, ofEach: 32, insideAtMost: 2 * LIMITS.commitItems } as const;

export const fairDoor = (): FairDoor<Arrived> =>
  new FairDoor({ ...AT_WORK, waiting: LIMITS.queueLength - AT_WORK.insideAtMost });

/** Whether its caller waits no more, by its own word. Headers that cannot be read are refused for that. */
export function isLate({ message }: Arrived): boolean {
  const given = headersRead(message);
  return given !== null && isPast(given, Date.now());
}

export const unknownOperation = refused(
  'request.unknown_operation',
  'this service has no such operation; look at aggregate and verb',
);
export const overloaded = refused('service.overloaded', 'too many requests are in flight; try again later');
export const late = refused(
  'request.deadline_exceeded',
  'the deadline passed before it was its turn; nothing was done',
);
