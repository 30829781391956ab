/** The vocabulary of Keytrail. */
export type { AccessEvent, OperationDenied, SecretAccessDenied, SecretDecrypted } from './access.js';
export {
  DENIAL_STREAM,
  DecryptBatchReply,
  DecryptBatchRequest,
  DecryptReply,
  DecryptRequest,
  DenialReason,
  OperationDeniedData,
  Receipt,
  SecretAccessDeniedData,
  SecretDecryptedData,
} from './access.js';
export {
  AuditEntry,
  AuditEventPage,
  AuditOutcome,
  GetSecretUsageRequest,
  GetSecuritySummaryRequest,
  ListAuditEventsRequest,
  SecretSecurity,
  SecretUsage,
  SecuritySummary,
} from './audit.js';

export type { EventDeclaration } from './event-declaration.js';
export type { EventType } from './catalogue.js';
export { ACTIONS, EVENTS } from './catalogue.js';
export type { Code, RequestCode } from './codes.js';
export { isRetryable } from './codes.js';
export { DENIAL_SENTENCES } from './denial-sentences.js';
export type { Service } from './event.js';
export { EventBody, EventDetail, SERVICES, cloudEventType, partsOfType } from './event.js';
export {
  DecideRequest,
  DecidingStatement,
  ExplainRequest,
  Explanation,
  WhatIfChange,
  WhatIfPage,
  WhatIfRequest,
} from './explain.js';
export type { AnomalyDetected, FindingEvent, FindingRejectionCode } from './finding.js';
export {
  ACCESS_RATE_RULES,
  AnomalyDetectedData,
  AnomalyRule,
  Finding,
  FindingPage,
  GetFindingRequest,
  ListFindingsRequest,
  findingStream,
} from './finding.js';
export type { GrantFacts, GrantRejectionCode } from './grant.js';
export {
  GiveGrantRequest,
  GrantDescription,
  GrantGivenData,
  GrantPage,
  GrantWithdrawnData,
  Hours,
  ListGrantsRequest,
  ReferencePattern,
  Weekday,
  WithdrawGrantRequest,
  covers,
  overlap,
  workspaceOfPattern,
} from './grant.js';
export type { ReferenceParts } from './ids.js';
export {
  Conn,
  Digest,
  EventId,
  FindingId,
  GrantId,
  KeyId,
  Position,
  Principal,
  Reference,
  RequestId,
  RotationId,
  SYSTEM_WORKSPACE,
  SecretId,
  SessionId,
  Timestamp,
  TokenId,
  Traceparent,
  Workspace,
  WorkspaceSlug,
  partsOf,
} from './ids.js';
export { MalformedJson, parseJson } from './json.js';
export type { KeyPattern } from './key-patterns.js';
export { KEY_PATTERNS } from './key-patterns.js';
export { LIMITS } from './limits.js';
export type { ParkedRejectionCode } from './parked.js';
export { ListParkedRequest, ParkedMessage, ParkedPage, ReplayParkedReply, ReplayParkedRequest } from './parked.js';
export type { Issue, Parsed } from './parse.js';
export { parse, sentenceOf } from './parse.js';
export { PageCursor, PageLimit, pageOf } from './page.js';
export type { PermissionDeclaration } from './permission.js';
export { GRANTABLE, GrantablePermission, PERMISSIONS, Permission, declarationOf, permissionOf } from './permission.js';
export type { PolicyRejectionCode } from './policy.js';
export {
  CheckPolicyRequest,
  GetPolicyRequest,
  ListPoliciesRequest,
  PolicyCheck,
  PolicyDescription,
  PolicyList,
  PolicyName,
  PolicyPublishedData,
  PolicySource,
  PolicyStatement,
  PolicyWithdrawnData,
  PublishPolicyRequest,
  WithdrawPolicyRequest,
} from './policy.js';
export type { PrincipalEvent, PrincipalRejectionCode } from './principal.js';
export {
  BindRoleRequest,
  DisplayName,
  GetPrincipalRequest,
  IssueTokenRequest,
  IssuedToken,
  ListPrincipalsRequest,
  ListTokensRequest,
  OutsideName,
  PrincipalDescription,
  PrincipalKind,
  PrincipalPage,
  PrincipalQuarantinedData,
  PrincipalRegisteredData,
  PrincipalReleaseRequestedData,
  PrincipalReleasedData,
  PrincipalStatus,
  PrincipalSuspendedData,
  QuarantinePrincipalRequest,
  RegisterPrincipalRequest,
  ReleasePrincipalRequest,
  RevokeTokenRequest,
  RoleBoundData,
  RoleUnboundData,
  SuspendPrincipalRequest,
  TokenDescription,
  TokenIssuedData,
  TokenList,
  TokenRevokedData,
  UnbindRoleRequest,
  principalStream,
} from './principal.js';
export { QuarantineDescription } from './quarantine.js';
export type { Powers } from './role.js';
export { AnyRole, Role, RoleBinding, Scope, SystemRole, isInScope } from './role.js';
export type { RpcError, RpcReply } from './rpc.js';
export { EdgeDetail, RPC_HEADERS, parseReply, rpcError } from './rpc.js';
export type {
  RotationCompleted,
  RotationEvent,
  RotationFailed,
  RotationPolicyDeleted,
  RotationPolicySet,
  RotationRejectionCode,
  RotationStarted,
  RotationStepCompleted,
} from './rotation.js';
export {
  DeleteRotationPolicyRequest,
  GetRotationPolicyRequest,
  GetRotationRunRequest,
  ListDueRotationsRequest,
  ListRotationPoliciesRequest,
  ListRotationRunsRequest,
  RandomValue,
  RotateSecretRequest,
  RotationCompletedData,
  RotationFailedData,
  RotationHandler,
  RotationPolicy,
  RotationPolicyDeletedData,
  RotationPolicyPage,
  RotationPolicySetData,
  RotationPolicyStatus,
  RotationRun,
  RotationRunPage,
  RotationStartedData,
  RotationStatus,
  RotationStep,
  RotationStepCompletedData,
  RotationTrigger,
  SetRotationPolicyRequest,
  rotationStream,
} from './rotation.js';
export type {
  SecretCreated,
  SecretEvent,
  SecretRejectionCode,
  SecretRevoked,
  SecretVersionAdded,
  VersionFacts,
} from './secret.js';
export {
  AddSecretVersionRequest,
  CreateSecretRequest,
  GenerateSecretVersionRequest,
  GetSecretRequest,
  QuarantineSecretRequest,
  ReleaseSecretRequest,
  RevokeSecretRequest,
  SecretCreatedData,
  SecretDeletedData,
  SecretDescription,
  SecretDisabledData,
  SecretEnabledData,
  SecretQuarantinedData,
  SecretReleaseRequestedData,
  SecretReleasedData,
  SecretRevokedData,
  SecretStatus,
  SecretUndeletedData,
  SecretValue,
  SecretVersionAddedData,
  SecretVersionDescription,
  TurnSecretRequest,
  VersionStatus,
  byteLengthOf,
  isValueTooLarge,
  secretStream,
} from './secret.js';
export type { AuthenticationEvent, KeyEvent } from './session.js';
export {
  AUTHENTICATION_STREAM,
  AuthenticateRequest,
  AuthenticatedCaller,
  AuthenticationDoor,
  AuthenticationFailedData,
  AuthenticationFailure,
  Credential,
  CredentialType,
  IntrospectSessionRequest,
  IntrospectedSession,
  KEY_STREAM,
  ListKeysRequest,
  OpenSessionReply,
  SealedMessage,
  SealingKey,
  SealingKeyRotatedData,
  SealingKeys,
  SessionOpenedData,
  SigningKeyCreatedData,
  VaultKey,
} from './session.js';
export type { EventAddress, RpcAddress } from './subjects.js';
export {
  durableName,
  eventSubject,
  eventSubscription,
  parseEventSubject,
  parseRpcSubject,
  replyPrefix,
  rpcSubject,
  rpcSubscription,
  streamName,
} from './subjects.js';
export { unreachable } from './unreachable.js';
export type { WorkspaceCreated, WorkspaceEvent, WorkspaceRejectionCode } from './workspace.js';
export {
  ConfigureWorkspaceRequest,
  CreateWorkspaceRequest,
  DEFAULT_PROFILE,
  GetWorkspaceRequest,
  WorkspaceConfiguredData,
  WorkspaceCreatedData,
  WorkspaceDescription,
  WorkspaceProfile,
  workspaceStream,
} from './workspace.js';
