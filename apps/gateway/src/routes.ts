/** Every route of the API, in the order in which the document tells them. */
import {
  bindRole,
  getCaller,
  getPrincipal,
  listPrincipals,
  registerPrincipal,
  suspendPrincipal,
  unbindRole,
} from './access/principal.routes.js';
import { issueToken, listTokens, revokeToken } from './access/token.routes.js';
import { getSecretUsage, getSecuritySummary, listAuditEvents } from './audit/audit.routes.js';
import { getFinding, listFindings } from './finding/finding.routes.js';
import { live, ready } from './health/health.routes.js';
import type { RouteDeclaration } from './http/route-declaration.js';
import { getSealingKey } from './key/sealing-key.routes.js';
import { getMetrics } from './metrics/metrics.routes.js';
import { getOpenApi } from './openapi/openapi.routes.js';
import { listParked, replayParked } from './parked/parked.routes.js';
import {
  deleteRotationPolicy,
  getRotationPolicy,
  getRotationRun,
  listDueRotations,
  listRotationPolicies,
  listRotationRuns,
  rotateSecret,
  setRotationPolicy,
} from './rotation/rotation.routes.js';
import { addSecretVersion, createSecret, getSecret, revokeSecret } from './secret/secret.routes.js';
import { createWorkspace } from './workspace/workspace.routes.js';

export const ROUTES: readonly RouteDeclaration[] = [
  createWorkspace,
  getSealingKey,
  createSecret,
  getSecret,
  addSecretVersion,
  getSecretUsage,
  setRotationPolicy,
  getRotationPolicy,
  deleteRotationPolicy,
  listRotationPolicies,
  listDueRotations,
  rotateSecret,
  listRotationRuns,
  getRotationRun,
  revokeSecret,
  listAuditEvents,
  getSecuritySummary,
  listFindings,
  getFinding,
  getCaller,
  registerPrincipal,
  listPrincipals,
  getPrincipal,
  bindRole,
  unbindRole,
  issueToken,
  listTokens,
  revokeToken,
  suspendPrincipal,
  listParked,
  replayParked,
  getOpenApi,
  live,
  ready,
  getMetrics,
];
