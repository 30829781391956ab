/** A workspace as it is shown, and its policies in all their versions. */
import { evolveWorkspace, NO_WORKSPACE, type WorkspaceState } from '@keytrail/access';
import { SYSTEM_WORKSPACE } from '@keytrail/contracts';
import type { PolicyDescription, Workspace, WorkspaceDescription, WorkspaceEvent } from '@keytrail/contracts';
import { sha256Hex } from '@keytrail/crypto';
import type { Recorded } from '@keytrail/eventsourcing';

export type WorkspaceHistory = readonly Recorded<WorkspaceEvent>[];

export const workspaceStateOf = (history: WorkspaceHistory): WorkspaceState =>
  history.reduce((state, { event }) => evolveWorkspace(state, event), NO_WORKSPACE);

/** Null for a workspace that does not exist. */
export function describeWorkspace(slug: Workspace, history: WorkspaceHistory): WorkspaceDescription | null {
  const { exists, profile, twoPersonRelease } = workspaceStateOf(history);
  if (!exists && slug !== SYSTEM_WORKSPACE) return null;
  const createdAt = slug === SYSTEM_WORKSPACE ? null : (history[0]?.time ?? null);
  return { slug, profile, twoPersonRelease, revision: history.length, createdAt };
}

/** Every version that was ever published, in that order. */
export function policiesIn(workspace: Workspace, history: WorkspaceHistory): readonly PolicyDescription[] {
  const { policies, latestVersions } = workspaceStateOf(history);
  const statusOf = (name: string, version: number): PolicyDescription['status'] => {
    if (policies.some((policy) => policy.name === name && policy.version === version)) return 'in_force';
    return latestVersions[name] === version ? 'withdrawn' : 'superseded';
  };
  return history.flatMap(({ event, principal, time }) => {
    if (event.type !== 'PolicyPublished') return [];
    const { name, version, source } = event.data;
    const digest = sha256Hex(Buffer.from(source));
    const status = statusOf(name, version);
    return [{ workspace, name, version, source, digest, status, publishedBy: principal, publishedAt: time }];
  });
}
