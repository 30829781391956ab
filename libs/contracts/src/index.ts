/** The vocabulary of Keytrail. */
export type { AccessEvent, SecretAccessDenied, SecretDecrypted } from './access.js';
export {
  DecryptReply,
  DecryptRequest,
  DenialReason,
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
export type { EventDeclaration, EventType } from './catalogue.js';
export { ACTIONS, EVENTS } from './catalogue.js';
export type { Code, RequestCode } from './codes.js';
export { isRetryable } from './codes.js';
export type { Service } from './event.js';
export { EventBody, EventDetail, SERVICES, cloudEventType, partsOfType } from './event.js';
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
export type { ReferenceParts } from './ids.js';
export {
  Conn,
  Digest,
  EventId,
  FindingId,
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
  PrincipalRegisteredData,
  PrincipalStatus,
  PrincipalSuspendedData,
  RegisterPrincipalRequest,
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
export type { Operation, Powers } from './role.js';
export { AnyRole, Role, RoleBinding, Scope, SystemRole, permits } from './role.js';
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
  RevokeSecretRequest,
  SecretCreatedData,
  SecretDescription,
  SecretRevokedData,
  SecretStatus,
  SecretValue,
  SecretVersionAddedData,
  SecretVersionDescription,
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
export { CreateWorkspaceRequest, WorkspaceCreatedData, WorkspaceDescription, workspaceStream } from './workspace.js';
