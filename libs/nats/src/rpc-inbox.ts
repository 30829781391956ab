/** Where the replies to one connection's requests arrive: below its own prefix, each under a subject of its own. */
import { replyPrefix } from '@keytrail/contracts';
import { mintConn } from '@keytrail/crypto';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { errors } from '@nats-io/transport-node';
import type { BusConnection } from './connect.js';
import type { RpcSender } from './rpc-client.js';

/** Why no reply came. */
export type NoReply = 'late' | 'nobody' | 'forbidden' | 'disconnected';

/** A place for one reply. */
export interface ReplySlot {
  readonly subject: string;
  /**
   * What the first message that is taken became. `take` answers null for one that is not to be believed: then the wait
   * goes on, so that nobody can cut it short by sending something.
   */
  wait<T>(take: (message: Msg) => T | null, timeoutMs: number): Promise<T | NoReply>;
}

export interface RpcInbox {
  /** For one request to `to`, and one `wait`, which begins before the request is sent. */
  slot(to: string): ReplySlot;
}

interface Waiting {
  readonly to: string;
  /** On the monotonic clock. */
  readonly untilMs: number;
  readonly arrive: (message: Msg) => void;
  readonly end: (why: NoReply) => void;
}

/** Nothing is subscribed before the first request. */
export function rpcInbox({ nc }: BusConnection, sender: RpcSender): RpcInbox {
  const prefix = replyPrefix(sender.principal, sender.conn) + mintConn();
  const waiting = new Map<string, Waiting>();
  const watch = watchOver(waiting);
  let subscription: Subscription | null = null;
  let count = 0;

  const arrive = (error: Error | null, message: Msg): void => {
    if (error === null) return isReadable(message) ? waiting.get(message.subject)?.arrive(message) : undefined;
    subscription = null;
    endAll(nc.isClosed() ? 'disconnected' : 'forbidden');
  };
  const endAll = (why: NoReply, concerned: (to: string) => boolean = () => true): void => {
    for (const { to, end } of waiting.values()) if (concerned(to)) end(why);
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
    slot: (to) => {
      listen();
      const subject = `${prefix}.${(count++).toString(36)}`;
      return {
        subject,
        wait: <T>(take: (message: Msg) => T | null, timeoutMs: number) =>
          new Promise<T | NoReply>((resolve) => {
            const end = (outcome: T | NoReply): void => {
              waiting.delete(subject);
              resolve(outcome);
            };
            const untilMs = performance.now() + timeoutMs;
            watch(untilMs);
            waiting.set(subject, {
              to,
              untilMs,
              end,
              arrive: (message) => {
                if (isNoResponders(message)) return end('nobody');
                const taken = take(message);
                if (taken !== null) end(taken);
              },
            });
          }),
      };
    },
  };
}

/** Ends in time who is not answered, with one timer for all: most are answered, and a timer each costs too much. */
function watchOver(waiting: ReadonlyMap<string, Waiting>): (untilMs: number) => void {
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
    for (const { untilMs, end } of waiting.values())
      if (untilMs <= nowMs) end('late');
      else watch(untilMs);
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
