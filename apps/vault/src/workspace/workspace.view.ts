/** A workspace as it is shown. */
import type { WorkspaceDescription, WorkspaceEvent, WorkspaceSlug } from '@keytrail/contracts';
import type { Recorded } from '@keytrail/eventsourcing';

/** Null for a workspace without a history: it does not exist. */
export function describeWorkspace(
  slug: WorkspaceSlug,
  history: readonly Recorded<WorkspaceEvent>[],
): WorkspaceDescription | null {
  const created = history[0];
  return created === undefined ? null : { slug, revision: history.length, createdAt: created.time };
}
