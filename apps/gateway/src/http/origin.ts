/** Where a request comes from, as every service it reaches is told. */
import type { IncomingHttpHeaders } from 'node:http';
import { RequestId, type EdgeDetail } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { traceparentOf } from '@keytrail/service';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../access/authenticator.js';
import { Refusal } from './problem.js';

export interface Origin extends Caller {
  readonly requestId: RequestId;
  readonly traceparent: string;
  readonly commandId?: RequestId;
  readonly edge: EdgeDetail;
}

/** The caller's `X-Request-Id` where it has the grammar of one, else a new id. */
export function chooseRequestId(headers: IncomingHttpHeaders): RequestId {
  const given = RequestId.safeParse(headers['x-request-id']);
  return given.success ? given.data : (uuidv7() as RequestId);
}

/** The id that `chooseRequestId` has given the request. */
export const requestIdOf = (request: FastifyRequest): RequestId => request.id as RequestId;

/** Throws a `Refusal` for an `Idempotency-Key` that cannot be a command id: to ignore it would make a retry unsafe. */
export function originOf(request: FastifyRequest): Origin {
  const { headers } = request;
  const commandId = commandIdOf(headers['idempotency-key']);
  const userAgent = headers['user-agent']?.slice(0, 512);
  return {
    ...request.caller,
    requestId: requestIdOf(request),
    traceparent: traceparentOf(headers['traceparent'] as string | undefined),
    ...(commandId === undefined ? {} : { commandId }),
    edge: { ip: request.ip, ...(userAgent === undefined ? {} : { userAgent }) },
  };
}

function commandIdOf(header: string | string[] | undefined): RequestId | undefined {
  if (header === undefined) return undefined;
  const given = RequestId.safeParse(header);
  if (given.success) return given.data;
  throw new Refusal('request.malformed', 'Idempotency-Key must be 1 to 64 of A-Z, a-z, 0-9, _ and -');
}
