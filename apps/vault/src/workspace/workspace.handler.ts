/** Carries out what is asked of a workspace. */
import type { CreateWorkspaceRequest, RpcReply, WorkspaceDescription } from '@keytrail/contracts';
import { workspaceStream } from '@keytrail/contracts';
import { execute } from '@keytrail/eventsourcing';
import type { RpcRequest } from '@keytrail/nats';
import { factsOfChange, ok, refusal } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Keyring } from '../key/keyring.js';
import { JOURNAL, type VaultJournal } from '../vault.ports.js';
import { workspaceDecider } from './workspace.decider.js';
import { describeWorkspace } from './workspace.view.js';

export class CreateWorkspaceCommand extends Command<RpcReply<WorkspaceDescription>> {
  constructor(
    readonly request: CreateWorkspaceRequest,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

@CommandHandler(CreateWorkspaceCommand)
export class CreateWorkspaceHandler implements ICommandHandler<CreateWorkspaceCommand> {
  private readonly run;

  constructor(
    @Inject(JOURNAL) journal: VaultJournal,
    private readonly keyring: Keyring,
  ) {
    this.run = execute(workspaceDecider, journal);
  }

  async execute({ request, rpc }: CreateWorkspaceCommand): Promise<RpcReply<WorkspaceDescription>> {
    const { slug } = request;
    const target = {
      stream: workspaceStream(slug),
      aggregate: 'workspace',
      subject: slug,
      facts: factsOfChange(rpc, request, {}),
    };
    const outcome = await this.run(target, async () => {
      const keys = await this.keyring.mint(slug);
      return { command: { type: 'CreateWorkspace', keyId: keys.kekId }, alongside: (tx) => keys.store(tx) };
    });
    if (!outcome.ok) return refusal(outcome.rejection, 'workspace.revision_conflict');
    return ok(describeWorkspace(slug, outcome.history) as WorkspaceDescription);
  }
}
