/**
 * Denials become events before they are answered. Of one who is denied too often they are told together, with their
 * exact count, and answered together: nobody is denied faster than it is told.
 */
import {
  DENIAL_STREAM,
  LIMITS,
  type OperationDenied,
  type Principal,
  type SecretAccessDenied,
} from '@keytrail/contracts';
import {
  type Access,
  type AccessJournal,
  type AccessOutcome,
  DeadlineExceeded,
  JournalOverloaded,
  NO_STREAM,
} from '@keytrail/eventsourcing';
import { type Database, serveAllOnce, streamRevisions } from '@keytrail/postgres';
import { LRUCache } from 'lru-cache';

export type Denial = Access<SecretAccessDenied | OperationDenied>;

export interface DenialPace {
  /** So many denials of a principal within a second are events of their own. */
  readonly singly: number;
  /** The others wait for so long to be told together. */
  readonly togetherMs: number;
  /** So many of a principal may wait; further ones are turned away undecided. */
  readonly waiting: number;
  /** And so many of all principals: those who are denied must not fill the vault. */
  readonly waitingInAll: number;
}

/** Those who wait hold places at work: three quarters of them, or a little more in all, and never the last. */
const USUAL: DenialPace = {
  singly: 20,
  togetherMs: 250,
  waiting: (LIMITS.commitItems * 3) / 4,
  waitingInAll: (LIMITS.commitItems * 7) / 8,
};

const SECOND_MS = 1_000;
const PRINCIPALS = 10_000;

interface Waiting {
  readonly denial: Denial;
  readonly resolve: (outcome: AccessOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export class Denials {
  private readonly seconds = new LRUCache<Principal, { readonly endsMs: number; count: number }>({ max: PRINCIPALS });
  private readonly floods = new Map<Principal, Waiting[]>();

  constructor(
    private readonly database: Database,
    private readonly journal: AccessJournal,
    private readonly pace: DenialPace = USUAL,
  ) {}

  /**
   * As the journal of accesses records, and with its outcomes. Throws `JournalOverloaded` where too many of this
   * principal wait: then nothing was decided.
   */
  record(denial: Denial): Promise<AccessOutcome> {
    const { principal } = denial.facts;
    return this.isWithinPace(principal) ? this.journal.record(denial) : this.join(principal, denial);
  }

  private isWithinPace(principal: Principal): boolean {
    const nowMs = Date.now();
    const known = this.seconds.get(principal);
    const second = known !== undefined && known.endsMs > nowMs ? known : { endsMs: nowMs + SECOND_MS, count: 0 };
    this.seconds.set(principal, second);
    return ++second.count <= this.pace.singly;
  }

  private join(principal: Principal, denial: Denial): Promise<AccessOutcome> {
    const flood = this.floods.get(principal) ?? [];
    if (flood.length >= this.pace.waiting || this.waitingInAll() >= this.pace.waitingInAll)
      return Promise.reject(new JournalOverloaded('too many denials of this principal are waiting'));
    if (flood.length === 0) {
      this.floods.set(principal, flood);
      setTimeout(() => {
        this.floods.delete(principal);
        void this.tell(flood);
      }, this.pace.togetherMs);
    }
    return new Promise((resolve, reject) => flood.push({ denial, resolve, reject }));
  }

  private waitingInAll(): number {
    return [...this.floods.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** What is stale, or was served before, is not told; of the rest each kind is one event. */
  private async tell(flood: readonly Waiting[]): Promise<void> {
    try {
      const inTime = flood.filter(isInTime);
      const current = await this.withoutStale(inTime);
      const fresh = await this.withoutRepeated(current);
      await Promise.all(kindsOf(fresh).map((kind) => this.tellKind(kind)));
    } catch (error) {
      for (const { reject } of flood) reject(error);
    }
  }

  /** A denial holds if at some moment since it was asked for the facts were those that it was decided on. */
  private async withoutStale(waiting: readonly Waiting[]): Promise<readonly Waiting[]> {
    const decidedOn = waiting.flatMap(({ denial }) => denial.decidedOn).filter(({ stream }) => stream !== '');
    const revisions = await streamRevisions(this.database, [...new Set(decidedOn.map(({ stream }) => stream))]);
    const isCurrent = ({ denial }: Waiting): boolean =>
      denial.decidedOn.every(({ stream, revision }) => stream === '' || (revisions.get(stream) ?? 0) === revision);
    for (const { resolve } of waiting.filter((each) => !isCurrent(each))) resolve({ status: 'stale' });
    return waiting.filter(isCurrent);
  }

  private async withoutRepeated(waiting: readonly Waiting[]): Promise<readonly Waiting[]> {
    const ofSessions = waiting.filter(({ denial }) => denial.request !== undefined);
    const served = await serveAllOnce(
      this.database,
      ofSessions.flatMap(({ denial }) => denial.request ?? []),
    );
    const repeated = new Set(ofSessions.filter((_, i) => !served[i]));
    for (const { resolve } of repeated) resolve({ status: 'repeated' });
    return waiting.filter((each) => !repeated.has(each));
  }

  private async tellKind({ waiting, isOfOne }: Kind): Promise<void> {
    const { denial } = waiting.at(-1) as Waiting;
    const { event, request: _, ...rest } = denial;
    const { workspace } = denial.facts;
    const ofMany = { stream: DENIAL_STREAM, subject: workspace, facts: { ...denial.facts, detail: {} } };
    try {
      const outcome = await this.journal.record({
        ...rest,
        ...(isOfOne ? {} : ofMany),
        event: counted(event, waiting.length, isOfOne),
        decidedOn: [NO_STREAM, NO_STREAM, NO_STREAM],
        deadlineMs: Math.max(...waiting.map((each) => each.denial.deadlineMs)),
      });
      for (const { resolve } of waiting) resolve(outcome);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

function isInTime({ denial: { deadlineMs }, reject }: Waiting): boolean {
  const inTime = Date.now() < deadlineMs;
  if (!inTime) reject(new DeadlineExceeded('the deadline passed before the denial was told'));
  return inTime;
}

/** `isOfOne`: all of them asked about the same, in the same circumstances. */
interface Kind {
  readonly waiting: readonly Waiting[];
  readonly isOfOne: boolean;
}

/** Who asks about very many things is told of as one who does: the most frequent of them have events of their own. */
const KINDS = 16;

function kindsOf(waiting: readonly Waiting[]): readonly Kind[] {
  const alike = groupedBy(waiting, ({ denial }) => JSON.stringify([kindOf(denial), ...circumstancesOf(denial)]));
  const ordered = alike.toSorted((a, b) => b.length - a.length);
  const others = groupedBy(ordered.slice(KINDS).flat(), ({ denial }) => kindOf(denial));
  return [
    ...ordered.slice(0, KINDS).map((group) => ({ waiting: group, isOfOne: true })),
    ...others.map((group) => ({ waiting: group, isOfOne: group.length === 1 })),
  ];
}

function kindOf({ event, facts }: Denial): string {
  const permission = event.type === 'OperationDenied' ? event.data.permission : '';
  return JSON.stringify([facts.workspace, event.type, event.data.reason, permission]);
}

/** What was asked about, from where, by whose mouth and for what: so that one attempt cannot hide among others. */
function circumstancesOf({ subject, facts, event }: Denial): readonly unknown[] {
  const version = event.type === 'SecretAccessDenied' ? event.data.version : undefined;
  return [subject, version ?? null, facts.via ?? null, facts.detail];
}

function groupedBy(waiting: readonly Waiting[], keyOf: (each: Waiting) => string): readonly (readonly Waiting[])[] {
  const groups = new Map<string, Waiting[]>();
  for (const each of waiting) {
    const group = groups.get(keyOf(each));
    if (group === undefined) groups.set(keyOf(each), [each]);
    else group.push(each);
  }
  return [...groups.values()];
}

/** What is told of many says nothing that is true of one of them only. */
function counted({ type, data }: Denial['event'], count: number, isOfOne: boolean): Denial['event'] {
  if (type === 'OperationDenied') return { type, data: { ...data, count } };
  const { reason, repeatOf, ...rest } = data;
  if (!isOfOne) return { type, data: { reason, count } };
  return { type, data: { ...rest, reason, count, ...(count === 1 && repeatOf !== undefined && { repeatOf }) } };
}
