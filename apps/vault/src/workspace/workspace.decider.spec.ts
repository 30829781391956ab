/** The rules of a workspace. */
import { expect, it } from '@jest/globals';
import type { WorkspaceEvent } from '@keytrail/contracts';
import { given } from '@keytrail/eventsourcing';
import { workspaceDecider } from './workspace.decider.js';

const created: WorkspaceEvent = { type: 'WorkspaceCreated', data: { keyId: 'key-1' } };

it('a new workspace is created with its key', () => {
  expect(given(workspaceDecider).when({ type: 'CreateWorkspace', keyId: 'key-1' })).toEqual({
    ok: true,
    events: [created],
  });
});

it('an existing workspace is not created again', () => {
  expect(given(workspaceDecider, created).when({ type: 'CreateWorkspace', keyId: 'key-2' })).toMatchObject({
    ok: false,
    rejection: { code: 'workspace.already_exists' },
  });
});
