/** Every route of the API, in the order in which the document tells them. */
import { getSecretUsage, listAuditEvents } from './audit/audit.routes.js';
import { live, ready } from './health/health.routes.js';
import type { RouteDeclaration } from './http/route-declaration.js';
import { getOpenApi } from './openapi/openapi.routes.js';
import { addSecretVersion, createSecret, getSecret, revokeSecret } from './secret/secret.routes.js';
import { createWorkspace } from './workspace/workspace.routes.js';

export const ROUTES: readonly RouteDeclaration[] = [
  createWorkspace,
  createSecret,
  getSecret,
  addSecretVersion,
  revokeSecret,
  getSecretUsage,
  listAuditEvents,
  getOpenApi,
  live,
  ready,
];
