/** What the API says of workspaces. */
import { CreateWorkspaceRequest, WorkspaceDescription } from '@keytrail/contracts';
import { route } from '../http/route-declaration.js';
import { STORED_AT, WORKSPACE } from '../story.js';

export const createWorkspace = route({
  id: 'createWorkspace',
  method: 'POST',
  path: '/api/v1/workspaces',
  tag: 'Workspaces',
  summary: 'Create a workspace, with a key-encryption key of its own',
  body: CreateWorkspaceRequest,
  status: 201,
  answer: WorkspaceDescription,
  etag: true,
  codes: ['workspace.already_exists', 'request.command_id_reused', 'journal.unavailable'],
  examples: {
    acme: {
      summary: 'A room for acme',
      headers: { 'Idempotency-Key': 'create-acme' },
      body: { slug: WORKSPACE },
      answer: { slug: WORKSPACE, revision: 1, createdAt: STORED_AT },
    },
    taken: {
      summary: 'A slug that is taken',
      body: { slug: WORKSPACE },
      refusal: { code: 'workspace.already_exists', detail: 'there is a workspace acme: choose another slug' },
    },
    noSlug: {
      summary: 'A slug that is none',
      body: { slug: 'Acme Inc.' },
      refusal: {
        code: 'request.malformed',
        detail: 'slug is not a workspace slug: 1 to 32 of a-z, 0-9 and inner hyphens',
      },
    },
    anonymous: {
      summary: 'A caller without a token',
      body: { slug: 'globex' },
      refusal: { code: 'auth.missing', detail: 'send Authorization: Bearer <token>' },
    },
  },
});
