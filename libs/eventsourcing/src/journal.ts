/** The ports between decisions and storage: who asked, what is appended, what is read back. */
import type { EventDetail, EventId, Principal, Workspace } from '@keytrail/contracts';

/** A fact as a decider speaks of it: its name and plain JSON. */
export interface DomainEvent {
  readonly type: string;
  readonly data: object;
}

/** The caller's name for one change: the same id with the same digest is the same change. */
export interface CommandIdentity {
  readonly id: string;
  /** SHA-256 over what the command asks for, in lower-case hexadecimal. */
  readonly digest: string;
}

/** What every event of one request has in common. */
export interface RequestFacts {
  readonly workspace: Workspace;
  readonly principal: Principal;
  readonly via?: Principal;
  readonly requestId: string;
  readonly command?: CommandIdentity;
  readonly traceparent?: string;
  readonly detail: EventDetail;
  /** Epoch milliseconds; after this nobody waits for the outcome. */
  readonly deadlineMs?: number;
  /** Absent where nobody's permission is needed. */
  readonly permit?: Permit;
}

/** What a change was permitted on. It holds only while none of those streams has moved on. */
export interface Permit {
  readonly decidedOn: readonly StreamRevision[];
  /** RFC 3339; it holds only before this moment. */
  readonly validUntil: string | null;
  /** Judges afresh; rejects where it is permitted no more. */
  renew(): Promise<Permit>;
}

/** A fact that stands in a stream. */
export interface Recorded<E extends DomainEvent = DomainEvent> {
  readonly id: EventId;
  /** Place in its stream, from 1. */
  readonly revision: number;
  /** RFC 3339 UTC, milliseconds: the journal's clock at the append. */
  readonly time: string;
  readonly principal: Principal;
  readonly command?: CommandIdentity;
  readonly event: E;
}

/** One decision on its way into its stream: all of `events`, or nothing. */
export interface Commit<E extends DomainEvent = DomainEvent, Tx = unknown> {
  readonly stream: string;
  readonly aggregate: string;
  /** The event's CloudEvent `subject`: a reference or the aggregate's id. */
  readonly subject: string;
  /** The revision that the decision was made on; 0 for a stream that does not exist. */
  readonly expectedRevision: number;
  readonly events: readonly E[];
  readonly facts: RequestFacts;
  /** Whether the decision can take an access away: then no access decided on older facts may commit after it. */
  readonly withdraws: boolean;
  /** Writes the rows that must stand or fall with the events, in the same transaction; `recorded` are those events. */
  alongside?(tx: Tx, recorded: readonly Recorded<E>[]): Promise<void>;
}

/**
 * `conflict`: the stream has moved on, decide afresh; `stale`: the permit does not hold any more, renew it. Nothing was
 * written in either case.
 */
export type CommitOutcome<E extends DomainEvent = DomainEvent> =
  | { readonly status: 'committed'; readonly recorded: readonly Recorded<E>[] }
  | { readonly status: 'conflict' }
  | { readonly status: 'stale' };

/** A stream that has more to tell than this is not loaded together with others. */
export const TOGETHER_EVENTS = 64;

/**
 * Streams of decisions. Implementations MUST: commit all events of a commit or none; answer `committed` only once the
 * events are durable; refuse with `conflict` where the stream is not at `expectedRevision`; refuse with `stale` where
 * the permit does not hold, so that in the journal's order no commit that `withdraws` from one of its streams stands
 * before it; load in order of revision.
 */
export interface Journal<Tx = unknown> {
  /** All events of a stream, or those behind a revision. */
  load<E extends DomainEvent>(stream: string, after?: number): Promise<readonly Recorded<E>[]>;
  /**
   * What `load` tells of each of these streams, by stream, in one look; each is named once. Those with more than
   * `TOGETHER_EVENTS` behind their revision are left out, and those whose events cannot be read: they are for `load`,
   * so that no stream holds up or fails another.
   */
  loadTogether<E extends DomainEvent>(
    behind: readonly StreamRevision[],
  ): Promise<ReadonlyMap<string, readonly Recorded<E>[]>>;
  append<E extends DomainEvent>(commit: Commit<E, Tx>): Promise<CommitOutcome<E>>;
}

/** An attempt to obtain something (a value, a session), with the revisions that its decision rests on. */
export interface Access<E extends DomainEvent = DomainEvent> {
  readonly stream: string;
  readonly aggregate: string;
  readonly subject: string;
  readonly event: E;
  readonly facts: RequestFacts;
  /** Streams and the revisions that the decision was made on; 0 for one that does not exist. */
  readonly decidedOn: readonly [secret: StreamRevision, workspace: StreamRevision, principal: StreamRevision];
  /** Epoch milliseconds; the decision holds only before this moment. Null where time changes nothing. */
  readonly validUntilMs: number | null;
  /** Epoch milliseconds; after this nobody waits for the outcome, and it need not be recorded. */
  readonly deadlineMs: number;
  /** Where a session asks: the request that is served by this access, and by no other. */
  readonly request?: SessionRequest;
}

export interface StreamRevision {
  readonly stream: string;
  readonly revision: number;
}

/** Stands in `decidedOn` where the decision rests on no such stream. */
export const NO_STREAM: StreamRevision = { stream: '', revision: 0 };

/** A request by its session (a uuid) and its place in it; no two requests of a session have the same counter. */
export interface SessionRequest {
  readonly session: string;
  readonly counter: number;
  /** As its sender has signed it, whenever it is asked: epoch milliseconds. */
  readonly deadlineMs: number;
}

/**
 * `stale`: a fact under the decision has changed; `expired`: its time has passed; `repeated`: the session's request was
 * served before. Nothing was recorded in any of these cases, and what is stale or expired is not served: it may be
 * asked again under the same counter.
 */
export type AccessOutcome =
  | { readonly status: 'recorded'; readonly eventId: EventId; readonly position: string; readonly digest: string }
  | { readonly status: 'stale' }
  /** `time`: RFC 3339, the journal's clock when it judged. */
  | { readonly status: 'expired'; readonly time: string }
  | { readonly status: 'repeated' };

/**
 * Where accesses are recorded. `recorded` MUST mean: durable, in the order of the journal no commit that `withdraws`
 * from one of the streams under the decision stands before it, and no other journal of the service's replicas has
 * recorded an access for the same `request`.
 */
export interface AccessJournal {
  record(access: Access): Promise<AccessOutcome>;
}

/** A place in a journal's order: transaction id, then position in it. Both are unsigned 64 bits in decimal. */
export interface JournalMark {
  readonly tx: string;
  readonly position: string;
}

export const JOURNAL_START: JournalMark = { tx: '0', position: '0' };

/** An event as it is stored: `body` is its canonical JSON and is published as it is. */
export interface StoredEvent {
  readonly mark: JournalMark;
  readonly id: EventId;
  readonly workspace: string;
  readonly aggregate: string;
  readonly type: string;
  /** RFC 3339 UTC, milliseconds. */
  readonly time: string;
  readonly body: Uint8Array;
  /** Base64. */
  readonly salt: string | null;
  /** Canonical JSON of an `EventDetail`; null once erased. */
  readonly detail: string | null;
}

/** The journal in its one order, decisions and accesses together; MUST never skip an event that commits later. */
export interface JournalReader {
  /** Up to `limit` events after `mark`, in order. */
  readAfter(mark: JournalMark, limit: number): Promise<readonly StoredEvent[]>;
}

/** How far a relay has come: the mark of the last event it published, and that event's place in relay order, from 1. */
export interface RelayMark extends JournalMark {
  readonly ordinal: number;
  /** Null before the first event. */
  readonly eventId: EventId | null;
  /** RFC 3339, when the event happened; null before the first event. */
  readonly time: string | null;
}

export const RELAY_START: RelayMark = { ...JOURNAL_START, ordinal: 0, eventId: null, time: null };

/** Where a relay keeps its mark, and how one of many becomes the leader. */
export interface RelayMarks {
  load(): Promise<RelayMark>;
  save(mark: RelayMark): Promise<void>;
  /**
   * Waits for leadership, then runs `run`; its signal aborts when leadership is lost or `signal` aborts. At any time at
   * most one caller in the world SHOULD be running; whoever publishes MUST still guard against a second one.
   */
  lead(run: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** The journal could not do its work; whether anything was written is not known. */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable';
  readonly code = 'journal.unavailable';
  readonly retryable = true;
}

/** More is waiting than the queue holds; nothing was written. */
export class JournalOverloaded extends Error {
  override readonly name = 'JournalOverloaded';
  readonly code = 'service.overloaded';
  readonly retryable = true;
}

/** The deadline passed before the work began; nothing was written. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
  readonly code = 'request.deadline_exceeded';
  readonly retryable = true;
}
