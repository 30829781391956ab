/** Carries out what is asked of a principal: its registration, its roles, its end. */
import { describeQuarantine } from '@keytrail/access';
import type {
  BindRoleRequest,
  Principal,
  PrincipalDescription,
  QuarantinePrincipalRequest,
  RegisterPrincipalRequest,
  ReleasePrincipalRequest,
  RpcReply,
  SuspendPrincipalRequest,
  UnbindRoleRequest,
} from '@keytrail/contracts';
import { SYSTEM_WORKSPACE, unreachable, workspaceStream } from '@keytrail/contracts';
import { mintPrincipal, principalFrom } from '@keytrail/crypto';
import { factsOfChange, ok, refusal, refused, type RpcRequest } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Keyring } from '../key/keyring.js';
import { quarantineTimes } from '../secret/quarantine-times.js';
import { ROOMS, type VaultJournal, type VaultStreams } from '../vault.ports.js';
import { type PrincipalDecision, principalDecisions } from './principal.change.js';
import { discreetFacts } from './principal.facts.js';
import type { PrincipalNames, PrincipalStore } from './principal.store.js';
import { type PrincipalStanding, standingOf } from './principal.view.js';

/** What may be asked of a principal. */
export type PrincipalChange =
  | { readonly verb: 'register'; readonly request: RegisterPrincipalRequest }
  | { readonly verb: 'suspend'; readonly request: SuspendPrincipalRequest }
  | { readonly verb: 'quarantine'; readonly request: QuarantinePrincipalRequest }
  | { readonly verb: 'release'; readonly request: ReleasePrincipalRequest }
  | { readonly verb: 'bind_role'; readonly request: BindRoleRequest }
  | { readonly verb: 'unbind_role'; readonly request: UnbindRoleRequest };

export class ChangePrincipal extends Command<RpcReply<PrincipalDescription>> {
  constructor(
    readonly change: PrincipalChange,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

/** Of the vault's rooms, those that have a part in this. */
interface ChangePrincipalRooms {
  readonly journal: VaultJournal;
  readonly principals: PrincipalStore;
  readonly keyring: Keyring;
  readonly streams: VaultStreams;
}

@CommandHandler(ChangePrincipal)
export class ChangePrincipalHandler implements ICommandHandler<ChangePrincipal> {
  private readonly decide;

  constructor(@Inject(ROOMS) private readonly rooms: ChangePrincipalRooms) {
    this.decide = principalDecisions(rooms.journal);
  }

  async execute({ change, rpc }: ChangePrincipal): Promise<RpcReply<PrincipalDescription>> {
    switch (change.verb) {
      case 'register':
        return this.register(change.request, rpc);
      case 'suspend': {
        const { principal, reason } = change.request;
        const facts = factsOfChange(rpc, { principal }, reason === undefined ? {} : { text: reason });
        return this.alter({ principal, command: { type: 'SuspendPrincipal' }, facts });
      }
      case 'quarantine': {
        const { principal, ttlSeconds, reason } = change.request;
        const facts = factsOfChange(rpc, change.request, { text: reason });
        const command = { type: 'QuarantinePrincipal', ...quarantineTimes(ttlSeconds, Date.now()) } as const;
        return this.alter({ principal, command, facts });
      }
      case 'release': {
        const { principal, reason } = change.request;
        const facts = factsOfChange(rpc, change.request, reason === undefined ? {} : { text: reason });
        const command = async () => {
          const { state } = await this.rooms.streams.workspaces.current(workspaceStream(SYSTEM_WORKSPACE));
          return { type: 'ReleasePrincipal', by: rpc.actor, byTwo: state.twoPersonRelease } as const;
        };
        return this.alter({ principal, command, facts });
      }
      case 'bind_role':
      case 'unbind_role': {
        const { principal, ...binding } = change.request;
        const command = { type: change.verb === 'bind_role' ? 'BindRole' : 'UnbindRole', binding } as const;
        return this.alter({ principal, command, facts: factsOfChange(rpc, change.request, {}) });
      }
      default:
        return unreachable(change);
    }
  }

  private async register(
    { kind, displayName, roles, ...known }: RegisterPrincipalRequest,
    rpc: RpcRequest,
  ): Promise<RpcReply<PrincipalDescription>> {
    const outsideName = known.outsideName ?? null;
    const issuer = outsideName && { issuer: outsideName.issuer };
    const names = { display: displayName, ...(outsideName && { subject: outsideName.subject }) };
    const facts = await discreetFacts(this.rooms.keyring, rpc, { said: { kind, roles, ...issuer }, detail: { names } });
    const command = { type: 'RegisterPrincipal', kind, roles, ...issuer } as const;
    return this.carryOut({ principal: newPrincipal(rpc), command, facts, names: { displayName, outsideName } });
  }

  /** Taking an access away needs no key, and must not wait for one. */
  private async alter(asked: Omit<PrincipalDecision, 'names'>): Promise<RpcReply<PrincipalDescription>> {
    const known = await this.rooms.principals.describe(asked.principal);
    if (known === null) return refused('principal.not_found', 'there is no such principal: register it first');
    const { displayName, outsideName } = known;
    return this.carryOut({ ...asked, names: { displayName, outsideName } });
  }

  private async carryOut(
    decision: PrincipalDecision & { readonly names: PrincipalNames },
  ): Promise<RpcReply<PrincipalDescription>> {
    const outcome = await this.decide(decision);
    if (!outcome.ok) return refusal(outcome.rejection, 'principal.revision_conflict');
    const { principal, names } = decision;
    const { quarantine, ...standing } = standingOf(outcome.history) as PrincipalStanding;
    return ok({
      principal,
      ...standing,
      quarantine: quarantine && describeQuarantine(quarantine, Date.now()),
      ...names,
    });
  }
}

/** A request that is repeated under its command id finds the principal that it has registered. */
function newPrincipal({ actor, commandId }: RpcRequest): Principal {
  return (commandId === undefined ? mintPrincipal() : principalFrom('principal', actor, commandId)) as Principal;
}
