/** The rules of a workspace: it is created once, under an immutable slug, and says who may what in it. */
import { evolveWorkspace, NO_WORKSPACE, type WorkspaceState } from '@keytrail/access';
import type {
  PolicyName,
  PolicyRejectionCode,
  WorkspaceEvent,
  WorkspaceProfile,
  WorkspaceRejectionCode,
} from '@keytrail/contracts';
import { LIMITS, unreachable } from '@keytrail/contracts';
import type { Decider, Decision, Rejection } from '@keytrail/eventsourcing';
import { accept, reject } from '@keytrail/eventsourcing';

export interface CreateWorkspace {
  readonly type: 'CreateWorkspace';
  readonly keyId: string;
}

/** What is absent stays as it is. `ofSystem`: what stands above all workspaces, and was never created. */
export interface ConfigureWorkspace {
  readonly type: 'ConfigureWorkspace';
  readonly profile?: WorkspaceProfile;
  readonly twoPersonRelease?: boolean;
  readonly ofSystem?: true;
}

/** The source is one that can be published: whoever publishes has seen to that. */
export interface PublishPolicy {
  readonly type: 'PublishPolicy';
  readonly name: PolicyName;
  readonly source: string;
  /** The version that it is to replace; 0 for none. */
  readonly expectedVersion?: number;
}

export interface WithdrawPolicy {
  readonly type: 'WithdrawPolicy';
  readonly name: PolicyName;
}

export type WorkspaceCommand = CreateWorkspace | ConfigureWorkspace | PublishPolicy | WithdrawPolicy;

export type WorkspaceRejection = Rejection<WorkspaceRejectionCode | PolicyRejectionCode>;
type WorkspaceDecision = Decision<WorkspaceEvent, WorkspaceRejection>;

export const workspaceDecider: Decider<WorkspaceState, WorkspaceCommand, WorkspaceEvent, WorkspaceRejection> = {
  initial: NO_WORKSPACE,
  decide,
  evolve: evolveWorkspace,
  withdraws,
};

function decide(command: WorkspaceCommand, state: WorkspaceState): WorkspaceDecision {
  switch (command.type) {
    case 'CreateWorkspace':
      return state.exists ? taken : accept({ type: 'WorkspaceCreated', data: { keyId: command.keyId } });
    case 'ConfigureWorkspace':
      return state.exists || command.ofSystem ? configure(command, state) : notFound;
    case 'PublishPolicy':
      return state.exists ? publish(command, state) : notFound;
    case 'WithdrawPolicy':
      return state.exists ? withdraw(command, state) : notFound;
    default:
      return unreachable(command);
  }
}

function configure({ profile, twoPersonRelease }: ConfigureWorkspace, state: WorkspaceState): WorkspaceDecision {
  const changed = {
    ...(profile !== undefined && profile !== state.profile && { profile }),
    ...(twoPersonRelease !== undefined && twoPersonRelease !== state.twoPersonRelease && { twoPersonRelease }),
  };
  return Object.keys(changed).length === 0 ? accept() : accept({ type: 'WorkspaceConfigured', data: changed });
}

function publish({ name, source, expectedVersion }: PublishPolicy, state: WorkspaceState): WorkspaceDecision {
  const inForce = state.policies.find((policy) => policy.name === name);
  if (expectedVersion !== undefined && expectedVersion !== (inForce?.version ?? 0)) return anotherCameFirst;
  if (inForce?.source === source) return accept();
  if (inForce === undefined && state.policies.length >= LIMITS.policiesPerWorkspace) return tooMany;
  const version = (state.latestVersions[name] ?? 0) + 1;
  return accept({ type: 'PolicyPublished', data: { name, version, source } });
}

function withdraw({ name }: WithdrawPolicy, { policies }: WorkspaceState): WorkspaceDecision {
  const inForce = policies.find((policy) => policy.name === name);
  if (inForce === undefined) return policyNotFound;
  return accept({ type: 'PolicyWithdrawn', data: { name, version: inForce.version } });
}

/** A profile and a policy can take an access away whichever way they are changed. */
function withdraws({ type }: WorkspaceEvent): boolean {
  switch (type) {
    case 'WorkspaceCreated':
      return false;
    case 'WorkspaceConfigured':
    case 'PolicyPublished':
    case 'PolicyWithdrawn':
      return true;
    default:
      return unreachable(type);
  }
}

const taken = reject(
  'workspace.already_exists',
  'a workspace of this slug exists: choose another slug, or use that one',
);
const notFound = reject('workspace.not_found', 'there is no such workspace: create it first');
const policyNotFound = reject('policy.not_found', 'no policy of this name is in force');
const tooMany = reject(
  'policy.limit',
  `a workspace has at most ${LIMITS.policiesPerWorkspace} policies: withdraw one, or join two`,
);
const anotherCameFirst = reject(
  'policy.version_conflict',
  'the policy does not stand at this version: read it again, then decide again',
);
