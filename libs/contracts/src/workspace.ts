/** The workspace aggregate: what is said of a tenant's room, of the key that belongs to it, and of its rules. */
import { z } from 'zod';
import { Timestamp, Workspace, WorkspaceSlug } from './ids.js';
import type { PolicyPublishedData, PolicyWithdrawnData } from './policy.js';

/** `strict`: `internal_admin` alone changes secrets and says who may what; `delegated`: `workspace_admin` does too. */
export const WorkspaceProfile = z.enum(['strict', 'delegated']);
export type WorkspaceProfile = z.infer<typeof WorkspaceProfile>;

/** What holds where nobody has said anything else. */
export const DEFAULT_PROFILE: WorkspaceProfile = 'strict';

/** `keyId` names the workspace's first KEK; the key itself is never in an event. */
export const WorkspaceCreatedData = z.object({ keyId: z.string() });

/** What is absent stays as it was. `twoPersonRelease`: two people have to ask before a quarantine ends. */
export const WorkspaceConfiguredData = z.object({
  profile: WorkspaceProfile.optional(),
  twoPersonRelease: z.boolean().optional(),
});

export interface WorkspaceCreated {
  readonly type: 'WorkspaceCreated';
  readonly data: Readonly<z.infer<typeof WorkspaceCreatedData>>;
}

/** The workspace's policies stand in its stream too, so that one revision covers all that it says about access. */
export type WorkspaceEvent =
  | WorkspaceCreated
  | { readonly type: 'WorkspaceConfigured'; readonly data: Readonly<z.infer<typeof WorkspaceConfiguredData>> }
  | { readonly type: 'PolicyPublished'; readonly data: Readonly<z.infer<typeof PolicyPublishedData>> }
  | { readonly type: 'PolicyWithdrawn'; readonly data: Readonly<z.infer<typeof PolicyWithdrawnData>> };

export const CreateWorkspaceRequest = z.strictObject({ slug: WorkspaceSlug });
export type CreateWorkspaceRequest = z.infer<typeof CreateWorkspaceRequest>;

export const GetWorkspaceRequest = z.strictObject({});

/** Of `_system` only `twoPersonRelease` can be said: it is asked where a principal is released. */
export const ConfigureWorkspaceRequest = z
  .strictObject({ profile: WorkspaceProfile.optional(), twoPersonRelease: z.boolean().optional() })
  .refine((request) => Object.keys(request).length > 0, 'says nothing: give profile, twoPersonRelease or both');
export type ConfigureWorkspaceRequest = z.infer<typeof ConfigureWorkspaceRequest>;

export const WorkspaceDescription = z.strictObject({
  slug: Workspace,
  profile: WorkspaceProfile,
  twoPersonRelease: z.boolean(),
  revision: z.int().nonnegative(),
  /** Null for `_system`, which has always been. */
  createdAt: Timestamp.nullable(),
});
export type WorkspaceDescription = z.infer<typeof WorkspaceDescription>;

export type WorkspaceRejectionCode =
  'workspace.already_exists' | 'workspace.not_found' | 'workspace.revision_conflict' | 'workspace.key_exhausted';

/** The stream of a workspace. */
export const workspaceStream = (slug: string): string => `workspace-${slug}`;
