/** Answers what a draft of a policy would change of the accesses that there were, a page at a time. */
import { CedarBroken, Decisions, type PrincipalState } from '@keytrail/access';
import type { Principal, RpcReply, WhatIfPage, WhatIfRequest, Workspace } from '@keytrail/contracts';
import { rpcError } from '@keytrail/contracts';
import { ok, refused } from '@keytrail/nats';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { cursorOf, type Place } from '../event/audit-event.page.js';
import { AccessStore } from './access.store.js';
import { type Access, accessIn } from './access.view.js';
import { Drafts } from './draft.js';
import { Pace } from './pace.js';
import { Rehearsal } from './rehearsal.js';
import type { Folded } from './standing.js';
import { Changes } from './what-if.view.js';

/** A page ends after so many events of the workspace, or so many milliseconds of deciding, whichever comes first. */
const PAGE_EVENTS = 1_000;
const PAGE_MS = 2_000;
/** The principals of so many events are looked up at once. */
const LOOKED_UP = 100;
/** To have an answer on its way before nobody waits for it any more. */
const ANSWER_MS = 250;

const DAY_MS = 86_400_000;

export interface WhatIfQuestion {
  readonly workspace: Workspace;
  readonly draft: Pick<WhatIfRequest, 'name' | 'source'>;
  readonly days: number;
  /** Null for the first page. */
  readonly after: Place | null;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
}

export class TryDraft extends Query<RpcReply<WhatIfPage>> {
  constructor(readonly question: WhatIfQuestion) {
    super();
  }
}

/** Nothing that the engine says may be believed until the process has been started anew. */
class PolicyEngineFailed extends Error {
  override readonly name = 'PolicyEngineFailed';
  readonly code = 'service.unavailable';
  readonly retryable = true;
}

@QueryHandler(TryDraft)
export class TryDraftHandler implements IQueryHandler<TryDraft> {
  constructor(
    private readonly store: AccessStore,
    private readonly drafts: Drafts,
    private readonly decisions: Decisions,
  ) {}

  async execute({ question }: TryDraft): Promise<RpcReply<WhatIfPage>> {
    const { workspace, draft } = question;
    const issues = await this.drafts.issuesIn(draft.source, workspace);
    if (issues.length > 0) return invalid(issues);
    const upTo = await this.store.upTo();
    const room = await this.store.workspace(workspace, upTo);
    if (!room.state.exists) return refused('workspace.not_found', 'the audit knows of no such workspace, or not yet');
    const scene = { workspace, room, draft, nowMs: Date.now() };
    try {
      return ok(await this.page(question, new Rehearsal(this.decisions.apart(), scene), upTo));
    } catch (error) {
      if (!(error instanceof CedarBroken)) throw error;
      throw new PolicyEngineFailed('the policy engine has failed: start the audit anew', { cause: error });
    }
  }

  private async page(
    { workspace, days, after, deadlineMs }: WhatIfQuestion,
    rehearsal: Rehearsal,
    upTo: WhatIfPage['upTo'],
  ): Promise<WhatIfPage> {
    const since = new Date(Date.now() - days * DAY_MS).toISOString();
    const events = await this.store.latest({ workspace, since, after, limit: PAGE_EVENTS + 1 });
    const [pace, changes] = [new Pace(PAGE_MS, deadlineMs - ANSWER_MS), new Changes()];
    const accesses = events.slice(0, PAGE_EVENTS).map((event) => accessIn(event, workspace));
    const standings = new Map<Principal, Folded<PrincipalState>>();
    let [examined, done] = [0, 0];
    for (const access of accesses) {
      if (done % LOOKED_UP === 0) await this.lookUp(accesses.slice(done, done + LOOKED_UP), standings, upTo);
      const standing = access && standings.get(access.principal);
      if (access && standing) {
        changes.add(access, rehearsal.judge(access, standing));
        examined += access.accesses;
      }
      done++;
      if (changes.isFull || (await pace.isOver())) break;
    }
    const last = events[done - 1];
    const nextCursor = last !== undefined && done < events.length ? cursorOf(last) : null;
    return { changes: changes.all(), examined, upTo, nextCursor };
  }

  /** Adds the principals of the accesses to those that are known. */
  private async lookUp(
    accesses: readonly (Access | null)[],
    known: Map<Principal, Folded<PrincipalState>>,
    upTo: WhatIfPage['upTo'],
  ): Promise<void> {
    const principals = new Set(accesses.flatMap((access) => access?.principal ?? []));
    const found = await this.store.principals(
      [...principals].filter((principal) => !known.has(principal)),
      upTo,
    );
    for (const [principal, standing] of found) known.set(principal, standing);
  }
}

function invalid(issues: Parameters<typeof rpcError>[2]): RpcReply<never> {
  const message = 'the policy could not be published: its issues tell where and why; policy.check tells the same';
  return { ok: false, error: rpcError('policy.invalid', message, issues) };
}
