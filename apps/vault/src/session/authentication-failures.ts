/** Credentials that were shown in vain become events: each attempt is counted, and a flood of them is told in one. */
import type {
  AuthenticationDoor,
  AuthenticationEvent,
  AuthenticationFailure,
  Principal,
  TokenId,
} from '@keytrail/contracts';
import { AUTHENTICATION_STREAM, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { type AccessJournal, NO_STREAM, type StreamRevision } from '@keytrail/eventsourcing';

/** Where facts of authentication stand: no decision has ever given this stream a revision. */
export const AUTHENTICATION: StreamRevision = { stream: AUTHENTICATION_STREAM, revision: 0 };

/** So many kinds of failures are told apart within a minute; further ones are told without address and principal. */
const MAX_OPEN = 10_000;
const RECORD_WITHIN_MS = 5_000;

/** What could not be read says nothing about who has sent it, but for a name that somebody else may have written. */
const UNPROVEN: ReadonlySet<AuthenticationFailure> = new Set<AuthenticationFailure>([
  'credential.unreadable',
  'credential.malformed',
]);

/** One attempt; `principal` is whoever is sure to have brought it: the sender, or the vault itself at the bus. */
export interface FailedAttempt {
  readonly door: AuthenticationDoor;
  readonly reason: AuthenticationFailure;
  readonly address: string | null;
  readonly principal: Principal;
  readonly requestId?: string;
  readonly tokenId?: TokenId | undefined;
}

/** What has been counted since the last event of this kind. */
interface Open {
  readonly last: FailedAttempt;
  readonly count: number;
}

export class AuthenticationFailures {
  private readonly open = new Map<string, Open>();

  /** `self` is the vault's own principal. */
  constructor(
    private readonly journal: AccessJournal,
    private readonly self: Principal,
  ) {}

  /**
   * The first of its kind (door, reason, address, principal) is recorded before this returns; those that follow are
   * counted until the next {@link tell}. Throws where the journal cannot record.
   */
  async report(attempt: FailedAttempt): Promise<void> {
    const sure = UNPROVEN.has(attempt.reason) ? { ...attempt, principal: this.self } : attempt;
    const known = this.open.has(kindOf(sure));
    const told = known || this.open.size < MAX_OPEN ? sure : { ...sure, address: null, principal: this.self };
    if (this.open.has(kindOf(told))) return this.add(told, 1);
    this.add(told, 0);
    try {
      await this.record({ last: told, count: 1 });
    } catch (error) {
      // Nobody was told of this one; the next is to be recorded at once again.
      if (this.open.get(kindOf(told))?.count === 0) this.open.delete(kindOf(told));
      throw error;
    }
  }

  /** Records what has been counted, and forgets the kinds that nothing was added to: each minute, and in the end. */
  async tell(): Promise<void> {
    for (const [kind, counted] of Array.from(this.open)) {
      this.open.delete(kind);
      if (counted.count === 0) continue;
      this.add(counted.last, 0);
      try {
        await this.record(counted);
      } catch (error) {
        this.add(counted.last, counted.count);
        throw error;
      }
    }
  }

  /** An event names a token where all of its attempts have shown it. */
  private add(attempt: FailedAttempt, more: number): void {
    const { last, count } = this.open.get(kindOf(attempt)) ?? { last: attempt, count: 0 };
    const isOfOneToken = count === 0 || last.tokenId === attempt.tokenId;
    const latest = isOfOneToken ? attempt : { ...attempt, tokenId: undefined };
    this.open.set(kindOf(attempt), { last: latest, count: count + more });
  }

  private async record({ last, count }: Open): Promise<void> {
    const { door, reason, address, principal, requestId = uuidv7(), tokenId } = last;
    const event: AuthenticationEvent = {
      type: 'AuthenticationFailed',
      data: { door, reason, count, ...(tokenId !== undefined && { tokenId }) },
    };
    await this.journal.record({
      aggregate: 'session',
      stream: AUTHENTICATION.stream,
      subject: principal,
      event,
      facts: {
        workspace: SYSTEM_WORKSPACE,
        principal,
        requestId,
        detail: address === null ? {} : { ip: address },
      },
      decidedOn: [AUTHENTICATION, NO_STREAM, NO_STREAM],
      validUntilMs: null,
      deadlineMs: Date.now() + RECORD_WITHIN_MS,
    });
  }
}

const kindOf = ({ door, reason, address, principal }: FailedAttempt): string =>
  JSON.stringify([door, reason, address, principal]);
