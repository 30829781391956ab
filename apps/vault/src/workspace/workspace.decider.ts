/** The rules of a workspace: it is created once, under an immutable slug. */
import type { WorkspaceEvent, WorkspaceRejectionCode } from '@keytrail/contracts';
import type { Decider, Rejection } from '@keytrail/eventsourcing';
import { accept, reject } from '@keytrail/eventsourcing';

export interface CreateWorkspace {
  readonly type: 'CreateWorkspace';
  readonly keyId: string;
}

export type WorkspaceCommand = CreateWorkspace;

export interface WorkspaceState {
  readonly exists: boolean;
}

export type WorkspaceRejection = Rejection<WorkspaceRejectionCode>;

export const workspaceDecider: Decider<WorkspaceState, WorkspaceCommand, WorkspaceEvent, WorkspaceRejection> = {
  initial: { exists: false },
  decide: ({ keyId }, { exists }) =>
    exists
      ? reject('workspace.already_exists', 'a workspace of this slug exists: choose another slug, or use that one')
      : accept({ type: 'WorkspaceCreated', data: { keyId } }),
  evolve: () => ({ exists: true }),
  withdraws: () => false,
};
