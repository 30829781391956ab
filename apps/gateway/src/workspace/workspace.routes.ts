/** What the API says of workspaces. */
import { CreateWorkspaceRequest, WorkspaceDescription } from '@keytrail/contracts';
import { route } from '../http/route-declaration.js';

export const createWorkspace = route({
  id: 'createWorkspace',
  method: 'POST',
  path: '/api/v1/workspaces',
  summary: 'Create a workspace, with a key-encryption key of its own',
  body: CreateWorkspaceRequest,
  status: 201,
  answer: WorkspaceDescription,
  etag: true,
  codes: ['workspace.already_exists', 'request.command_id_reused', 'journal.unavailable'],
});
