/** What the API says of workspaces. */
import {
  ConfigureWorkspaceRequest,
  CreateWorkspaceRequest,
  Workspace,
  WorkspaceDescription,
} from '@keytrail/contracts';
import { z } from 'zod';
import { route } from '../http/route-declaration.js';
import { ABSENT_WORKSPACE, WORKSPACE, workspaceDescription } from '../story.js';

const change = ['request.command_id_reused', 'journal.unavailable'] as const;

/** The workspace that a path names; `_system` is what stands above all. */
const WorkspacePath = z.strictObject({ slug: Workspace });

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
  codes: ['workspace.already_exists', ...change],
  examples: {
    acme: {
      summary: 'A room for acme',
      headers: { 'Idempotency-Key': 'create-acme' },
      body: { slug: WORKSPACE },
      answer: workspaceDescription,
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

export const getWorkspace = route({
  id: 'getWorkspace',
  method: 'GET',
  path: '/api/v1/workspaces/{slug}',
  tag: 'Workspaces',
  summary: 'Describe a workspace, and how it is administered',
  params: WorkspacePath,
  answer: WorkspaceDescription,
  etag: true,
  codes: ['workspace.not_found', 'journal.unavailable'],
  examples: {
    acme: { summary: 'As it was created', params: { slug: WORKSPACE }, answer: workspaceDescription },
    absent: {
      summary: 'A workspace that does not exist',
      params: { slug: ABSENT_WORKSPACE },
      refusal: { code: 'workspace.not_found', detail: 'there is no such workspace' },
    },
  },
});

export const configureWorkspace = route({
  id: 'configureWorkspace',
  method: 'PATCH',
  path: '/api/v1/workspaces/{slug}',
  tag: 'Workspaces',
  summary: 'Say who administers a workspace, and how many people a release takes; what is not said stays as it was',
  params: WorkspacePath,
  body: ConfigureWorkspaceRequest,
  answer: WorkspaceDescription,
  etag: true,
  codes: ['workspace.not_found', 'workspace.revision_conflict', ...change],
  examples: {
    delegated: {
      summary: 'Its own administrators look after its secrets, and after who may what',
      params: { slug: WORKSPACE },
      headers: { 'Idempotency-Key': 'delegate-acme' },
      body: { profile: 'delegated' },
      answer: { ...workspaceDescription, profile: 'delegated', revision: 2 },
    },
    strict: {
      summary: 'And no longer',
      params: { slug: WORKSPACE },
      body: { profile: 'strict', twoPersonRelease: false },
      answer: { ...workspaceDescription, revision: 3 },
    },
    nothing: {
      summary: 'A change that changes nothing',
      params: { slug: WORKSPACE },
      body: {},
      refusal: { code: 'request.malformed', detail: 'body says nothing: give profile, twoPersonRelease or both' },
    },
    absent: {
      summary: 'A workspace that does not exist',
      params: { slug: ABSENT_WORKSPACE },
      body: { profile: 'delegated' },
      refusal: { code: 'workspace.not_found', detail: 'there is no such workspace: create it first' },
    },
  },
});
