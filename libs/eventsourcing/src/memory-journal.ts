/** A journal in memory, for tests of what stands on it; it passes the same contract as the one on PostgreSQL. */
import type { EventId } from '@keytrail/contracts';
import {
  type Commit,
  type CommitOutcome,
  type DomainEvent,
  type Journal,
  type Permit,
  type Recorded,
  type StreamRevision,
  TOGETHER_EVENTS,
} from './journal.js';

/** The outside facts that an append needs, handed in so that tests choose them. */
export interface MemoryJournalOptions {
  readonly newId: () => EventId;
  /** RFC 3339 UTC with milliseconds. */
  readonly now: () => string;
}

/** `alongside` receives null: there are no rows to write in memory. */
export function memoryJournal({ newId, now }: MemoryJournalOptions): Journal<null> {
  const streams = new Map<string, readonly Recorded[]>();
  const at = (stream: string): readonly Recorded[] => streams.get(stream) ?? [];
  const holds = (permit: Permit | undefined): boolean =>
    permit === undefined ||
    (permit.decidedOn.every(({ stream, revision }) => at(stream).length === revision) &&
      (permit.validUntil === null || now() < permit.validUntil));

  return {
    load: async <E extends DomainEvent>(stream: string, after = 0) =>
      (at(stream) as readonly Recorded<E>[]).slice(after),
    loadTogether: async <E extends DomainEvent>(behind: readonly StreamRevision[]) =>
      new Map(
        behind
          .map(({ stream, revision }) => [stream, (at(stream) as readonly Recorded<E>[]).slice(revision)] as const)
          .filter(([, events]) => events.length <= TOGETHER_EVENTS),
      ),
    append: async <E extends DomainEvent>(commit: Commit<E, null>): Promise<CommitOutcome<E>> => {
      if (!holds(commit.facts.permit)) return { status: 'stale' };
      if (at(commit.stream).length !== commit.expectedRevision) return { status: 'conflict' };
      const { principal, command } = commit.facts;
      const recorded = commit.events.map((event, i) => ({
        id: newId(),
        revision: commit.expectedRevision + i + 1,
        time: now(),
        principal,
        ...(command && { command }),
        event,
      }));
      await commit.alongside?.(null, recorded);
      if (!holds(commit.facts.permit)) return { status: 'stale' };
      const past = at(commit.stream);
      if (past.length !== commit.expectedRevision) return { status: 'conflict' };
      streams.set(commit.stream, [...past, ...recorded]);
      return { status: 'committed', recorded };
    },
  };
}
