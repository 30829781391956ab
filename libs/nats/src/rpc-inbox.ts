/** Where the replies to one connection's requests arrive: below its own prefix, each under a subject of its own. */
import { replyPrefix, type RpcReply } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { errors } from '@nats-io/transport-node';
import type { BusConnection } from './connect.js';
import { type Numbered, Places } from './places.js';
import type { RpcSender } from './rpc-client.js';

/** In which the number of a request stands in the subject of its reply. */
const RADIX = 36;

/** Why no reply came. */
export type NoReply = 'late' | 'nobody' | 'forbidden' | 'disconnected';

/** A request whose reply is waited for. */
export interface Asking {
  /** Where it is sent. */
  readonly to: string;
  readonly timeoutMs: number;
  /** Sends it, given the subject at which its reply arrives. */
  readonly send: (reply: string) => void;
  /**
   * What a message that has arrived there means. Null where it is not to be believed: then the wait goes on, so that
   * nobody can cut it short by sending something.
   */
  readonly take: (message: Msg, reply: string) => RpcReply | null;
}

export interface RpcInbox {
  /** Sends, and returns what the first message that is taken means. Throws what `send` throws. */
  ask(asking: Asking): Promise<RpcReply | NoReply>;
}

interface Waiting extends Numbered {
  readonly asking: Asking;
  readonly subject: string;
  /** On the monotonic clock. */
  readonly untilMs: number;
  readonly resolve: (outcome: RpcReply | NoReply) => void;
}

/** Nothing is subscribed before the first request. */
export function rpcInbox({ nc }: BusConnection, sender: RpcSender): RpcInbox {
  const prefix = replyPrefix(sender.principal, sender.conn) + mintConn();
  const waiting = new Places<Waiting>();
  let subscription: Subscription | null = null;

  const end = ({ number, resolve }: Waiting, outcome: RpcReply | NoReply): void => {
    waiting.remove(number);
    resolve(outcome);
  };
  const watch = watchOver(waiting, (one) => end(one, 'late'));
  const arrive = (error: Error | null, message: Msg): void => {
    if (error === null) return isReadable(message) ? hand(message) : undefined;
    subscription = null;
    endAll(nc.isClosed() ? 'disconnected' : 'forbidden');
  };
  const hand = (message: Msg): void => {
    const { subject } = message;
    const one = waiting.get(parseInt(subject.slice(prefix.length + 1), RADIX));
    if (one?.subject !== subject) return;
    const outcome = isNoResponders(message) ? 'nobody' : one.asking.take(message, subject);
    if (outcome !== null) end(one, outcome);
  };
  const endAll = (why: NoReply, concerned: (to: string) => boolean = () => true): void => {
    for (const one of waiting) if (concerned(one.asking.to)) end(one, why);
  };
  void nc.closed().then(() => endAll('disconnected'));
  void (async () => {
    for await (const event of nc.status()) {
      const error = event.type === 'error' ? event.error : null;
      if (error instanceof errors.PermissionViolationError) endAll('forbidden', (to) => to === error.subject);
    }
  })();
  const listen = (): void => {
    if (subscription === null || subscription.isClosed())
      subscription = nc.subscribe(`${prefix}.*`, { callback: arrive });
  };

  return {
    ask: async (asking) => {
      listen();
      const { promise, resolve } = Promise.withResolvers<RpcReply | NoReply>();
      const untilMs = performance.now() + asking.timeoutMs;
      const one = waiting.add((number) => {
        const subject = `${prefix}.${number.toString(RADIX)}`;
        return { number, asking, subject, untilMs, resolve };
      });
      watch(untilMs);
      try {
        asking.send(one.subject);
      } catch (error) {
        waiting.remove(one.number);
        throw error;
      }
      return promise;
    },
  };
}

/** Ends in time who is not answered, with one timer for all: most are answered, and a timer each costs too much. */
function watchOver(waiting: Iterable<Waiting>, end: (one: Waiting) => void): (untilMs: number) => void {
  let dueMs = Infinity;
  let timer: NodeJS.Timeout | undefined;
  const watch = (untilMs: number): void => {
    if (untilMs >= dueMs) return;
    clearTimeout(timer);
    dueMs = untilMs;
    timer = setTimeout(look, Math.max(0, untilMs - performance.now())).unref();
  };
  const look = (): void => {
    dueMs = Infinity;
    const nowMs = performance.now();
    for (const one of waiting)
      if (one.untilMs <= nowMs) end(one);
      else watch(one.untilMs);
  };
  return watch;
}

const isNoResponders = ({ data, headers }: Msg): boolean => data.length === 0 && headers?.code === 503;

/** The library reads headers when it is asked for them, and throws at what is odd. */
function isReadable(message: Msg): boolean {
  try {
    return message.headers !== null;
  } catch {
    return false;
  }
}
