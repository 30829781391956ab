/** Whether a stream still holds what was put into it; pure, on the server's own clock. */

/** What the server says of a stream; times in epoch milliseconds, on the server's clock. */
export interface StreamFacts {
  readonly nowMs: number;
  readonly createdMs: number;
  /** Whether its settings are those that we made it with. */
  readonly asConfigured: boolean;
  readonly messages: number;
  readonly firstSeq: number;
  /** 0 where nothing was ever stored. */
  readonly lastSeq: number;
  /** When the last message was stored; still known when it is gone. */
  readonly lastStoredMs: number;
  /** Messages gone from between the first and the last. */
  readonly deleted: number;
}

/** The last message at an earlier look. */
export type Seen = Pick<StreamFacts, 'lastSeq' | 'lastStoredMs'>;

/**
 * Why a stream must be made afresh, or null where it is whole. Messages leave legitimately in one way only: from the
 * front, once older than `maxAgeMs`.
 */
export function damageOf(facts: StreamFacts, seen: Seen | null, maxAgeMs: number): string | null {
  const tooYoungToGo = (storedMs: number): boolean => facts.nowMs - storedMs < maxAgeMs;
  if (!facts.asConfigured) return 'its settings were changed';
  if (facts.deleted > 0) return 'messages are missing from its middle';
  if (facts.firstSeq > 1 && tooYoungToGo(facts.createdMs)) return 'messages are missing from its front';
  if (facts.messages === 0 && facts.lastSeq > 0 && tooYoungToGo(facts.lastStoredMs)) return 'it was emptied';
  if (seen !== null && seen.lastSeq > 0 && facts.firstSeq > seen.lastSeq && tooYoungToGo(seen.lastStoredMs))
    return 'it was emptied and has been written to since';
  return null;
}
