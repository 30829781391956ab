/** How the edge says no: every stable code has one HTTP status, and every refusal is a problem document (RFC 9457). */
import { STATUS_CODES } from 'node:http';
import { RequestId, type Code, type Issue } from '@keytrail/contracts';
import { redact } from '@keytrail/service';
import { z } from 'zod';

/** The HTTP status of each code. */
export const STATUS = {
  'request.malformed': 400,
  'request.too_large': 413,
  'request.unknown_operation': 404,
  'request.deadline_exceeded': 504,
  'request.command_id_reused': 422,
  'workspace.already_exists': 409,
  'workspace.not_found': 404,
  'workspace.revision_conflict': 409,
  'workspace.key_exhausted': 409,
  'secret.already_exists': 409,
  'secret.not_found': 404,
  'secret.deleted': 409,
  'secret.disabled': 409,
  'secret.revoked': 409,
  'secret.not_quarantined': 409,
  'secret.quarantine_limit': 409,
  'secret.version_limit': 409,
  'secret.revision_conflict': 412,
  'secret.unavailable': 403,
  // Neither absent nor forbidden: held back, for the moment.
  'secret.quarantined': 423,
  'rotation.policy_not_found': 404,
  'rotation.run_not_found': 404,
  'rotation.already_running': 409,
  'rotation.handler_missing': 409,
  'rotation.revision_conflict': 412,
  'finding.not_found': 404,
  'parked.not_found': 404,
  'parked.still_failing': 409,
  'principal.not_found': 404,
  'principal.suspended': 409,
  'principal.name_taken': 409,
  'principal.role_not_bound': 404,
  'principal.not_quarantined': 409,
  'principal.quarantined': 423,
  'principal.limit': 409,
  'principal.revision_conflict': 412,
  'token.not_found': 404,
  'grant.not_found': 404,
  'policy.invalid': 422,
  'policy.not_found': 404,
  'policy.limit': 409,
  'policy.version_conflict': 412,
  'key.unknown': 409,
  'auth.missing': 401,
  'auth.invalid': 401,
  // Of the gateway's own session with a service: its caller can only try again.
  'auth.session_invalid': 503,
  'auth.throttled': 429,
  'access.denied': 403,
  'service.overloaded': 503,
  'service.unavailable': 503,
  'journal.unavailable': 503,
  internal: 500,
} as const satisfies Record<Code, number>;

/**
 * `instance` names this occurrence by its request id and never repeats the path: a misplaced secret may stand there.
 */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  requestId: RequestId,
  issues: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;

export const PROBLEM_TYPE = 'application/problem+json';

/**
 * Thrown wherever a request cannot be served; `message` says what was wrong and what to do, and never quotes a value.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: Code;
  readonly issues: readonly Issue[] | undefined;
  /** From when on it may be tried again, where that is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: Code, message: string, issues?: readonly Issue[]) {
    super(message);
    this.code = code;
    this.issues = issues;
  }
}

/** The document that answers a refused request. A service newer than this gateway may have sent a code unknown here. */
export function problemOf({ code, message, issues }: Refusal, requestId: RequestId): Problem {
  const status = STATUS[code] ?? STATUS.internal;
  return {
    type: `urn:keytrail:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    instance: `urn:keytrail:request:${requestId}`,
    code,
    requestId,
    ...(issues === undefined ? {} : { issues: [...issues] }),
  };
}

/** The document as it is sent. What a service said of a fault may name what it stumbled over. */
export const textOf = (problem: Problem): string => redact(JSON.stringify(problem));

/** The headers that help a client to do the right thing next. */
export function problemHeaders({ code, status }: Problem, retryAfterSeconds = 1): Readonly<Record<string, string>> {
  return {
    'content-type': PROBLEM_TYPE,
    ...(code === 'auth.missing' ? { 'www-authenticate': 'Bearer' } : {}),
    ...(code === 'auth.invalid' ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {}),
    ...(status === 503 || status === 429 ? { 'retry-after': String(retryAfterSeconds) } : {}),
  };
}
