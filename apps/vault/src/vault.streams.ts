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
import { FoldedStreams, type History } from './folded-streams.js';
import { secretDecider, type SecretState } from './secret/secret.decider.js';

const CACHED_PRINCIPALS = 10_000;
const CACHED_WORKSPACES = 10_000;
const CACHED_SECRETS = 100_000;

export interface VaultStreams {
  readonly principals: FoldedStreams<PrincipalState, PrincipalEvent>;
  readonly workspaces: FoldedStreams<WorkspaceState, WorkspaceEvent>;
  readonly secrets: FoldedStreams<SecretState, SecretEvent>;
}

export const vaultStreams = (journal: History): VaultStreams => ({
  principals: new FoldedStreams(journal, { initial: NO_PRINCIPAL, evolve: evolvePrincipal }, CACHED_PRINCIPALS),
  workspaces: new FoldedStreams(journal, { initial: NO_WORKSPACE, evolve: evolveWorkspace }, CACHED_WORKSPACES),
  secrets: new FoldedStreams(journal, secretDecider, CACHED_SECRETS),
});
