/** What the words of the API mean, told once: a property or parameter of one name means the same wherever it stands. */
import type { Tag } from '../http/route-declaration.js';
import { PROPERTIES } from './openapi.words.js';

export const INTRODUCTION = [
  'Every operation on a secret is an event that is durable before it is answered. No answer has a value.',
  'A refusal is a problem document (RFC 9457); its `code` is stable, its sentence is for people.',
  'A list answers `items` and a `nextCursor`, which fetches the next page as `cursor`.',
  'A change that bears an `Idempotency-Key` may be repeated; one that bears `If-Match` fails where somebody was faster.',
].join('\n\n');

export const TAGS: Readonly<Record<Tag, string>> = {
  Workspaces: "Tenants' rooms, each with a key of its own",
  Secrets: 'Values that go in, and come out over NATS alone',
  Access: 'Who may do what, by which roles, tokens, grants and policies, and why',
  Rotation: 'When a value is replaced, by whom, and how it went',
  Audit: 'Who did what, when, and with what outcome',
  Findings: 'What the anomaly-detector has noticed',
  'Parked messages': 'Events that a reader could not take in, put aside so that others could pass',
  Gateway: 'The edge itself',
};

export const REQUEST_HEADERS = {
  Authorization: 'An API token, or a JWT of an issuer that the vault knows',
  'X-Request-Id': 'Stands in the answer, in logs and in events; made where absent',
  'Idempotency-Key': 'A change that is repeated with its key has one effect and one answer',
  'If-Match': 'The revision that the change is based on: the ETag of an earlier answer',
} as const;

export const ANSWER_HEADERS = {
  'X-Request-Id': "The request's id: its own, or one that was made for it",
  ETag: 'The revision, in quotes',
  'WWW-Authenticate': 'How to authenticate (RFC 6750)',
  'Retry-After': 'How many seconds to wait before the request is repeated',
} as const;

const SCHEMAS: Readonly<Record<string, string>> = {
  AuditEntry: 'One event as the audit tells it; what was not said, or has been erased, is null',
  AuditEventPage: 'Entries, newest first',
  AuthenticatedCaller: 'Whose token it is, and what it is good for',
  DecidingStatement: 'A statement in Cedar that has decided',
  Explanation: 'A decision, what it follows from, and what was known when it was made',
  Finding: 'One episode in which a secret was obtained more often than a rule allows',
  FindingPage: 'Findings, newest first',
  GrantDescription: 'A permission on the secrets that a pattern covers, for one principal, on conditions',
  GrantPage: 'Grants, those first that were given first',
  Hours: 'A part of the day, in UTC; past midnight where its end is not later',
  IssuedToken: 'A new API token, told this once',
  JsonValue: 'Anything that JSON can say',
  OutsideName: 'How an issuer of JWTs knows somebody',
  ParkedMessage: 'An event that a reader could not take in; reader, service and ordinal name it',
  ParkedPage: 'Parked messages, by service and ordinal',
  PolicyCheck: 'Whether a policy could be published, and what it would say',
  PolicyDescription: 'A policy in one of its versions',
  PolicyList: 'Policies, by name',
  PolicyStatement: 'One statement of a policy, in its order',
  PrincipalDescription: 'Somebody who may ask',
  PrincipalPage: 'Principals, those first that were registered first',
  Problem: 'Why a request was not served (RFC 9457)',
  QuarantineDescription: 'A quarantine that stands',
  RandomValue: 'A value that the vault makes itself, of at least 64 bits',
  ReplayParkedReply: 'What a replay has done',
  RoleBinding: 'A role in one workspace, or in all of them',
  RotationHandler: 'Who makes the new value; `random`: the vault itself',
  RotationPolicy: 'When a secret is rotated, and how',
  RotationPolicyPage: 'Rotation policies',
  RotationRun: 'One rotation, from its start on',
  RotationRunPage: 'Rotations, newest first',
  SealedMessage: 'What only the vault can read: an HPKE message (RFC 9180) to one of its keys, as its protocol says',
  SealingKey: 'A key to seal to: HPKE, X25519',
  SealingKeys: 'The key by which the vault is known, and those to seal to, newest first',
  SecretDescription: 'Everything about a secret but its value',
  SecretSecurity: 'One secret at a glance',
  SecretUsage: 'How a secret has been used',
  SecretValue: '1 to 65,536 bytes, as text or as base64',
  SecretVersionDescription: 'Everything about a version but its value',
  SecuritySummary: 'Secrets at a glance, by reference',
  TokenDescription: 'Everything about an API token but the token itself',
  TokenList: 'API tokens, oldest first',
  WhatIfChange: 'Accesses of one principal to one secret that would be decided differently',
  WhatIfLine: 'One line of the answer: a change, at the end the summary, or the problem that ended it',
  WhatIfSummary: 'What the changes sum up to',
  WorkspaceDescription: 'A workspace',
};

/** By the name of a schema; else as `PROPERTIES`. */
export const WORDS: Readonly<Record<string, string>> = { ...SCHEMAS, ...PROPERTIES };

/** The words for a name, of which `owner`, a schema or an operation, may have its own notion. */
export function wordsOf(name: string, owner = ''): string | undefined {
  return WORDS[`${owner}.${name}`] ?? WORDS[name];
}
