/** The vocabulary of Keytrail. */
export type { AccessEvent, DenialReason, SecretAccessDenied, SecretDecrypted } from './access.js';
export { DecryptReply, DecryptRequest, Receipt } from './access.js';
export {
  ACTIONS,
  AuditEntry,
  AuditEventPage,
  AuditOutcome,
  GetSecretUsageRequest,
  ListAuditEventsRequest,
  SecretUsage,
} from './audit.js';
export type { Code, RequestCode } from './codes.js';
export { isRetryable } from './codes.js';
export type { Service } from './event.js';
export { EventBody, EventDetail, SERVICES, cloudEventType, partsOfType } from './event.js';
export type { ReferenceParts } from './ids.js';
export {
  Conn,
  Digest,
  EventId,
  Position,
  Principal,
  Reference,
  RequestId,
  SYSTEM_WORKSPACE,
  SecretId,
  Timestamp,
  Traceparent,
  Workspace,
  WorkspaceSlug,
  partsOf,
} from './ids.js';
export { MalformedJson, parseJson } from './json.js';
export { LIMITS } from './limits.js';
export type { Issue, Parsed } from './parse.js';
export { parse, sentenceOf } from './parse.js';
export type { RpcError, RpcReply } from './rpc.js';
export { EdgeDetail, RPC_HEADERS, parseReply, rpcError } from './rpc.js';
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
  GetSecretRequest,
  RevokeSecretRequest,
  SecretDescription,
  SecretStatus,
  SecretValue,
  SecretVersionDescription,
  byteLengthOf,
  isValueTooLarge,
  secretStream,
} from './secret.js';
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
export { CreateWorkspaceRequest, WorkspaceDescription, workspaceStream } from './workspace.js';
