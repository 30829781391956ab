/** Carries out what is asked of a workspace. */
import type {
  ConfigureWorkspaceRequest,
  CreateWorkspaceRequest,
  RpcReply,
  Workspace,
  WorkspaceDescription,
  WorkspaceEvent,
} from '@keytrail/contracts';
import { SYSTEM_WORKSPACE, workspaceStream } from '@keytrail/contracts';
import { execute, type Gathered } from '@keytrail/eventsourcing';
import type { RpcRequest } from '@keytrail/nats';
import { factsOfChange, ok, refusal, refused } from '@keytrail/nats';
import type { DatabaseTransaction } from '@keytrail/postgres';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler, type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { Keyring } from '../key/keyring.js';
import { JOURNAL, type VaultJournal } from '../vault.ports.js';
import { type WorkspaceCommand, workspaceDecider } from './workspace.decider.js';
import { describeWorkspace } from './workspace.view.js';

/** What may be asked of a workspace, beside its policies. */
export type WorkspaceChange =
  | { readonly verb: 'create'; readonly request: CreateWorkspaceRequest }
  | { readonly verb: 'configure'; readonly request: ConfigureWorkspaceRequest };

export class ChangeWorkspace extends Command<RpcReply<WorkspaceDescription>> {
  constructor(
    readonly change: WorkspaceChange,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

type Gathering = Gathered<WorkspaceCommand, WorkspaceEvent, DatabaseTransaction>;

@CommandHandler(ChangeWorkspace)
export class ChangeWorkspaceHandler implements ICommandHandler<ChangeWorkspace> {
  private readonly run;

  constructor(
    @Inject(JOURNAL) journal: VaultJournal,
    private readonly keyring: Keyring,
  ) {
    this.run = execute(workspaceDecider, journal);
  }

  async execute({ change, rpc }: ChangeWorkspace): Promise<RpcReply<WorkspaceDescription>> {
    const { workspace: slug } = rpc.address;
    const target = {
      stream: workspaceStream(slug),
      aggregate: 'workspace',
      subject: slug,
      facts: factsOfChange(rpc, change.request, {}),
    };
    const outcome = await this.run(target, () => this.gather(change, slug));
    if (!outcome.ok) return refusal(outcome.rejection, 'workspace.revision_conflict');
    return ok(describeWorkspace(slug, outcome.history) as WorkspaceDescription);
  }

  private async gather({ verb, request }: WorkspaceChange, slug: Workspace): Promise<Gathering> {
    if (verb === 'configure') {
      const { profile, twoPersonRelease } = request;
      const said = { ...(profile && { profile }), ...(twoPersonRelease !== undefined && { twoPersonRelease }) };
      const ofSystem = slug === SYSTEM_WORKSPACE && ({ ofSystem: true } as const);
      return { command: { type: 'ConfigureWorkspace', ...said, ...ofSystem } };
    }
    const keys = await this.keyring.mint(slug);
    return { command: { type: 'CreateWorkspace', keyId: keys.kekId }, alongside: (tx) => keys.store(tx) };
  }
}

export class DescribeWorkspace extends Query<RpcReply<WorkspaceDescription>> {
  constructor(readonly slug: Workspace) {
    super();
  }
}

@QueryHandler(DescribeWorkspace)
export class DescribeWorkspaceHandler implements IQueryHandler<DescribeWorkspace> {
  constructor(@Inject(JOURNAL) private readonly journal: VaultJournal) {}

  async execute({ slug }: DescribeWorkspace): Promise<RpcReply<WorkspaceDescription>> {
    const described = describeWorkspace(slug, await this.journal.load<WorkspaceEvent>(workspaceStream(slug)));
    return described === null ? refused('workspace.not_found', 'there is no such workspace') : ok(described);
  }
}
