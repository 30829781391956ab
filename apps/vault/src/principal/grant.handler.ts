/** Carries out what is asked of grants: they are given, withdrawn, and listed. */
import type {
  GiveGrantRequest,
  GrantDescription,
  GrantId,
  GrantPage,
  PrincipalEvent,
  RpcReply,
  WithdrawGrantRequest,
} from '@keytrail/contracts';
import { SYSTEM_WORKSPACE, workspaceOfPattern } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import type { Recorded } from '@keytrail/eventsourcing';
import { factsOfChange, ok, refusal, refused, type RpcRequest } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler, type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { JOURNAL, type VaultJournal } from '../vault.ports.js';
import { type GrantSearch, GrantStore } from './grant.store.js';
import { principalDecisions } from './principal.change.js';
import { grantPageOf } from './principal.page.js';

/** What may be asked of grants. */
export type GrantChange =
  | { readonly verb: 'give'; readonly request: GiveGrantRequest }
  | { readonly verb: 'withdraw'; readonly request: WithdrawGrantRequest };

export class ChangeGrant extends Command<RpcReply<GrantDescription>> {
  constructor(
    readonly change: GrantChange,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

@CommandHandler(ChangeGrant)
export class ChangeGrantHandler implements ICommandHandler<ChangeGrant> {
  private readonly decide;

  constructor(
    @Inject(JOURNAL) journal: VaultJournal,
    private readonly store: GrantStore,
  ) {
    this.decide = principalDecisions(journal);
  }

  async execute({ change, rpc }: ChangeGrant): Promise<RpcReply<GrantDescription>> {
    return change.verb === 'give' ? this.give(change.request, rpc) : this.withdraw(change.request, rpc);
  }

  private async give({ principal, reason, ...facts }: GiveGrantRequest, rpc: RpcRequest) {
    if (workspaceOfPattern(facts.pattern) !== rpc.address.workspace)
      return refused('request.malformed', 'pattern is not of the workspace that the request was addressed to');
    const detail = reason === undefined ? {} : { text: reason };
    const meant = factsOfChange(rpc, { principal, ...facts, ...detail }, detail);
    const grant = { grantId: uuidv7() as GrantId, ...facts };
    const outcome = await this.decide({ principal, command: { type: 'GiveGrant', grant }, facts: meant });
    if (!outcome.ok) return refusal(outcome.rejection, 'principal.revision_conflict');
    return this.described(givenBy(outcome.history));
  }

  /** One of another workspace is as good as none, to whoever asks in the name of this one. */
  private async withdraw({ grantId, reason }: WithdrawGrantRequest, rpc: RpcRequest) {
    const known = await this.store.find(grantId);
    const { workspace } = rpc.address;
    if (known === null || (workspace !== SYSTEM_WORKSPACE && workspaceOfPattern(known.pattern) !== workspace))
      return refused('grant.not_found', 'there is no such grant in this workspace');
    const { principal } = known;
    const facts = factsOfChange(rpc, { grantId }, reason === undefined ? {} : { text: reason });
    const outcome = await this.decide({ principal, command: { type: 'WithdrawGrant', grantId }, facts });
    if (!outcome.ok) return refusal(outcome.rejection, 'principal.revision_conflict');
    return this.described(grantId);
  }

  private async described(grantId: GrantId): Promise<RpcReply<GrantDescription>> {
    const described = await this.store.find(grantId);
    if (described === null) throw new Error('a grant is not where its event was written');
    return ok(described);
  }
}

/** A history that a grant ends. */
function givenBy(history: readonly Recorded<PrincipalEvent>[]): GrantId {
  const last = history.at(-1)?.event;
  if (last?.type !== 'GrantGiven') throw new Error('the giving of a grant ended in something else');
  return last.data.grantId;
}

export class FindGrants extends Query<GrantPage> {
  constructor(readonly search: GrantSearch) {
    super();
  }
}

@QueryHandler(FindGrants)
export class FindGrantsHandler implements IQueryHandler<FindGrants> {
  constructor(private readonly store: GrantStore) {}

  async execute({ search }: FindGrants): Promise<GrantPage> {
    return grantPageOf(await this.store.list({ ...search, limit: search.limit + 1 }), search.limit);
  }
}
