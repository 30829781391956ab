/** The streams that accesses are decided on, folded: whose revisions the fence compares, and no others. */
import {
  evolvePrincipal,
  evolveWorkspace,
  NO_PRINCIPAL,
  NO_WORKSPACE,
  type PrincipalState,
  type WorkspaceState,
} from '@keytrail/access';
import type { PrincipalEvent, SecretEvent, WorkspaceEvent } from '@keytrail/contracts';
import { type CacheLimits, cacheLimits } from './cache-limits.js';
import { FoldedStreams, type History } from './folded-streams.js';
import { secretDecider, type SecretState } from './secret/secret.decider.js';

export interface VaultStreams {
  readonly principals: FoldedStreams<PrincipalState, PrincipalEvent>;
  readonly workspaces: FoldedStreams<WorkspaceState, WorkspaceEvent>;
  readonly secrets: FoldedStreams<SecretState, SecretEvent>;
}

export const vaultStreams = (journal: History, limits: CacheLimits = cacheLimits()): VaultStreams => ({
  principals: new FoldedStreams(journal, { initial: NO_PRINCIPAL, evolve: evolvePrincipal }, limits.principalsBytes),
  workspaces: new FoldedStreams(journal, { initial: NO_WORKSPACE, evolve: evolveWorkspace }, limits.workspacesBytes),
  secrets: new FoldedStreams(journal, secretDecider, limits.secretsBytes),
});
