/** Look-ups that go together: those of one turn of the event loop, and those that came while others were under way. */
import { isOfOneItem } from '@keytrail/postgres';

export interface GroupedLoaderOptions<K, V> {
  /**
   * Looks up a group in which each key stands once, and answers an outcome for each, in order: one that rejects fails
   * its key alone. Where this itself rejects, all fail; but each is tried again alone where one of them is to blame.
   */
  readonly load: (keys: readonly K[]) => Promise<readonly (V | PromiseLike<V>)[]>;
  /** Keys of one name are the same. */
  readonly nameOf: (key: K) => string;
  /** So many go together at most; 256 by default. */
  readonly groupItems?: number;
}

/** Joins others that wait for the same, never one that is under way: what is told was so after it was asked for. */
export type Load<K, V> = (key: K) => Promise<V>;

/** A statement has to end in time. */
const GROUP_ITEMS = 256;

/** What is cold must not take all the connections that accesses are recorded over. */
const GROUPS_AT_ONCE = 2;

interface Waiting<K, V> {
  readonly key: K;
  readonly promise: Promise<V>;
  readonly resolve: (outcome: V | PromiseLike<V>) => void;
  readonly reject: (error: unknown) => void;
}

export function groupedLoader<K, V>(options: GroupedLoaderOptions<K, V>): Load<K, V> {
  const { load, nameOf, groupItems = GROUP_ITEMS } = options;
  const waiting = new Map<string, Waiting<K, V>>();
  let isGathering = false;
  let underWay = 0;

  /** All that is asked for in the same turn of the event loop goes together. */
  function gather(): void {
    if (isGathering) return;
    isGathering = true;
    setImmediate(() => {
      isGathering = false;
      begin();
    });
  }

  function begin(): void {
    while (waiting.size > 0 && underWay < GROUPS_AT_ONCE) void take();
  }

  async function take(): Promise<void> {
    const names = [...waiting.keys()].slice(0, groupItems);
    const group = names.map((name) => waiting.get(name) as Waiting<K, V>);
    for (const name of names) waiting.delete(name);
    underWay++;
    await settle(group);
    underWay--;
    begin();
  }

  async function settle(group: readonly Waiting<K, V>[]): Promise<void> {
    try {
      const outcomes = await load(group.map(({ key }) => key));
      group.forEach(({ resolve }, i) => resolve(outcomes[i] as V | PromiseLike<V>));
    } catch (error) {
      if (group.length > 1 && isOfOneItem(error)) for (const one of group) await settle([one]);
      else for (const { reject } of group) reject(error);
    }
  }

  return (key) => {
    const name = nameOf(key);
    const joined = waiting.get(name) ?? { key, ...Promise.withResolvers<V>() };
    waiting.set(name, joined);
    gather();
    return joined.promise;
  };
}
