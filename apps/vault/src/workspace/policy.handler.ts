/** Carries out what is asked of a workspace's policies: they are checked, published, withdrawn, and shown. */
import { checkDocument } from '@keytrail/access';
import type {
  GetPolicyRequest,
  PolicyDescription,
  PolicyList,
  PublishPolicyRequest,
  RpcReply,
  WithdrawPolicyRequest,
  Workspace,
  WorkspaceEvent,
} from '@keytrail/contracts';
import { rpcError, workspaceStream } from '@keytrail/contracts';
import { execute } from '@keytrail/eventsourcing';
import { factsOfChange, ok, refusal, refused, type RpcRequest } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler, type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { JOURNAL, type VaultJournal } from '../vault.ports.js';
import { type WorkspaceCommand, workspaceDecider } from './workspace.decider.js';
import { policiesIn } from './workspace.view.js';

/** What may be asked of a policy. */
export type PolicyChange =
  | { readonly verb: 'publish'; readonly request: PublishPolicyRequest }
  | { readonly verb: 'withdraw'; readonly request: WithdrawPolicyRequest };

export class ChangePolicy extends Command<RpcReply<PolicyDescription>> {
  constructor(
    readonly change: PolicyChange,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

@CommandHandler(ChangePolicy)
export class ChangePolicyHandler implements ICommandHandler<ChangePolicy> {
  private readonly run;

  constructor(@Inject(JOURNAL) journal: VaultJournal) {
    this.run = execute(workspaceDecider, journal);
  }

  /** A document is checked before it is decided on: what is published decides from then on. */
  async execute({ change, rpc }: ChangePolicy): Promise<RpcReply<PolicyDescription>> {
    const { workspace } = rpc.address;
    const { reason, ...asked } = change.request;
    if (change.verb === 'publish') {
      const { issues } = await checkDocument(change.request.source, workspace, rpc.deadlineMs);
      if (issues.length > 0) return invalid(issues);
    }
    const detail = reason === undefined ? {} : { text: reason };
    const target = {
      stream: workspaceStream(workspace),
      aggregate: 'workspace',
      subject: workspace,
      facts: factsOfChange(rpc, { ...asked, ...detail }, detail),
    };
    const outcome = await this.run(target, () => ({ command: commandOf(change) }));
    if (!outcome.ok) return refusal(outcome.rejection, 'workspace.revision_conflict');
    const versions = policiesIn(workspace, outcome.history).filter(({ name }) => name === change.request.name);
    return ok(versions.at(-1) as PolicyDescription);
  }
}

function commandOf({ verb, request }: PolicyChange): WorkspaceCommand {
  if (verb === 'withdraw') return { type: 'WithdrawPolicy', name: request.name };
  const { name, source, expectedVersion } = request;
  return { type: 'PublishPolicy', name, source, ...(expectedVersion !== undefined && { expectedVersion }) };
}

function invalid(issues: Parameters<typeof rpcError>[2]): RpcReply<never> {
  const message = 'the policy cannot be published: its issues tell where and why; policy.check tells the same';
  return { ok: false, error: rpcError('policy.invalid', message, issues) };
}

export class ListPolicies extends Query<RpcReply<PolicyList>> {
  constructor(readonly workspace: Workspace) {
    super();
  }
}

@QueryHandler(ListPolicies)
export class ListPoliciesHandler implements IQueryHandler<ListPolicies> {
  constructor(@Inject(JOURNAL) private readonly journal: VaultJournal) {}

  /** Those in force, by name. */
  async execute({ workspace }: ListPolicies): Promise<RpcReply<PolicyList>> {
    const history = await this.journal.load<WorkspaceEvent>(workspaceStream(workspace));
    const inForce = policiesIn(workspace, history).filter(({ status }) => status === 'in_force');
    return ok({ items: inForce.toSorted((a, b) => (a.name < b.name ? -1 : 1)) });
  }
}

export class GetPolicy extends Query<RpcReply<PolicyDescription>> {
  constructor(
    readonly workspace: Workspace,
    readonly request: GetPolicyRequest,
  ) {
    super();
  }
}

@QueryHandler(GetPolicy)
export class GetPolicyHandler implements IQueryHandler<GetPolicy> {
  constructor(@Inject(JOURNAL) private readonly journal: VaultJournal) {}

  async execute({ workspace, request }: GetPolicy): Promise<RpcReply<PolicyDescription>> {
    const history = await this.journal.load<WorkspaceEvent>(workspaceStream(workspace));
    const found = policiesIn(workspace, history).find(
      ({ name, version, status }) =>
        name === request.name && (request.version === undefined ? status === 'in_force' : version === request.version),
    );
    return found === undefined ? refused('policy.not_found', 'there is no such policy, or no such version') : ok(found);
  }
}
