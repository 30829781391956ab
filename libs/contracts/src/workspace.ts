/** The workspace aggregate: what is said of a tenant's room and of the key that belongs to it. */
import { z } from 'zod';
import { Timestamp, WorkspaceSlug } from './ids.js';

/** `keyId` names the workspace's first KEK; the key itself is never in an event. */
export const WorkspaceCreatedData = z.object({ keyId: z.string() });

export interface WorkspaceCreated {
  readonly type: 'WorkspaceCreated';
  readonly data: Readonly<z.infer<typeof WorkspaceCreatedData>>;
}

export type WorkspaceEvent = WorkspaceCreated;

export const CreateWorkspaceRequest = z.strictObject({ slug: WorkspaceSlug });
export type CreateWorkspaceRequest = z.infer<typeof CreateWorkspaceRequest>;

export const WorkspaceDescription = z.strictObject({
  slug: WorkspaceSlug,
  revision: z.int().positive(),
  createdAt: Timestamp,
});
export type WorkspaceDescription = z.infer<typeof WorkspaceDescription>;

export type WorkspaceRejectionCode =
  'workspace.already_exists' | 'workspace.not_found' | 'workspace.revision_conflict' | 'workspace.key_exhausted';

/** The stream of a workspace. */
export const workspaceStream = (slug: string): string => `workspace-${slug}`;
