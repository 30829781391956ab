/** Decides accesses twice: as things stand, and as if a draft were in force. */
import type { AccessFacts, Decisions, PrincipalState, WorkspaceState } from '@keytrail/access';
import { evolveWorkspace, isInForce } from '@keytrail/access';
import type { PolicyName, Workspace } from '@keytrail/contracts';
import type { Access } from './access.view.js';
import type { Folded } from './standing.js';
import type { Verdict } from './what-if.view.js';

/** A draft that can be published, and the workspace as it stands. */
export interface Scene {
  readonly workspace: Workspace;
  readonly room: Folded<WorkspaceState>;
  readonly draft: { readonly name: PolicyName; readonly source: string };
  /** Epoch milliseconds: quarantines that are in force then count. */
  readonly nowMs: number;
}

type Room = Pick<AccessFacts, 'workspace' | 'workspaceState' | 'workspaceRevision'>;

/** Whoever may do nothing at all may do no more by a policy. */
const ALIKE: Verdict = { isAllowed: false, wouldBeAllowed: false, decidedBy: [] };

export class Rehearsal {
  private readonly standing: Room;
  private readonly drafted: Room;

  /** `decisions` are apart: they remember by revisions, and there is one among these that may never come to be. */
  constructor(
    private readonly decisions: Decisions,
    private readonly scene: Scene,
  ) {
    const { workspace, room, draft } = scene;
    const version = (room.state.latestVersions[draft.name] ?? 0) + 1;
    const published = evolveWorkspace(room.state, { type: 'PolicyPublished', data: { ...draft, version } });
    this.standing = { workspace, workspaceState: room.state, workspaceRevision: room.revision };
    this.drafted = { workspace, workspaceState: published, workspaceRevision: room.revision + 1 };
  }

  /** In the circumstances that the access was made in, by somebody as they stand. Throws `CedarBroken`. */
  judge(access: Access, { state, revision }: Folded<PrincipalState>): Verdict {
    if (!state.exists || state.suspended) return ALIKE;
    if (state.quarantine !== null && isInForce(state.quarantine, this.scene.nowMs)) return ALIKE;
    const { principal, reference, time, ip, purpose } = access;
    const who = { principal, principalState: state, principalRevision: revision };
    const circumstances = { nowMs: Date.parse(time), ip, purpose: purpose ?? undefined };
    const question = { permission: 'secret.decrypt', reference, circumstances } as const;
    const { allowed: isAllowed } = this.decisions.decide({ ...who, ...this.standing }, question);
    const { allowed: wouldBeAllowed, decidedBy } = this.decisions.decide({ ...who, ...this.drafted }, question);
    return { isAllowed, wouldBeAllowed, decidedBy };
  }
}
