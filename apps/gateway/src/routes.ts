/** Every route of the API, in the order in which the document tells them. */
import { explainAccess } from './access/explain.routes.js';
import { giveGrant, listGrants, withdrawGrant } from './access/grant.routes.js';
import { checkPolicy, getPolicy, listPolicies, publishPolicy, withdrawPolicy } from './access/policy.routes.js';
import {
  bindRole,
  getCaller,
  getPrincipal,
  listPrincipals,
  quarantinePrincipal,
  registerPrincipal,
  releasePrincipal,
  suspendPrincipal,
  unbindRole,
} from './access/principal.routes.js';
import { issueToken, listTokens, revokeToken } from './access/token.routes.js';
import { whatIf } from './access/what-if.routes.js';
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
import { quarantineSecret, releaseSecret } from './secret/quarantine.routes.js';
import { addSecretVersion, createSecret, getSecret, revokeSecret } from './secret/secret.routes.js';
import { deleteSecret, disableSecret, enableSecret, undeleteSecret } from './secret/turn.routes.js';
import { configureWorkspace, createWorkspace, getWorkspace } from './workspace/workspace.routes.js';

export const ROUTES: readonly RouteDeclaration[] = [
  createWorkspace,
  getWorkspace,
  configureWorkspace,
  getSealingKey,
  createSecret,
  getSecret,
  deleteSecret,
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
  disableSecret,
  enableSecret,
  undeleteSecret,
  quarantineSecret,
  releaseSecret,
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
  quarantinePrincipal,
  releasePrincipal,
  issueToken,
  listTokens,
  revokeToken,
  giveGrant,
  listGrants,
  withdrawGrant,
  checkPolicy,
  publishPolicy,
  getPolicy,
  withdrawPolicy,
  listPolicies,
  explainAccess,
  whatIf,
  suspendPrincipal,
  listParked,
  replayParked,
  getOpenApi,
  live,
  ready,
  getMetrics,
];
