/** Where a request comes from, as every service it reaches is told. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { RequestId, type EdgeDetail, type Principal } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import { traceparentOf } from '@keytrail/service';
import type { FastifyRequest } from 'fastify';
import { Refusal } from './problem.js';

/** What is known of a request before its caller is. */
export interface Provenance {
  readonly requestId: RequestId;
  readonly traceparent: string;
  readonly edge: EdgeDetail & { readonly ip: string };
}

export interface Origin extends Provenance {
  /** Absent where an open route does not know its caller. */
  readonly onBehalfOf?: Principal;
  readonly commandId?: RequestId;
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
  const { caller, headers } = request;
  const commandId = commandIdOf(headers['idempotency-key']);
  const { edge, ...seen } = provenanceOf(request);
  return {
    ...seen,
    edge: { ...edge, ...(caller?.tokenId !== undefined && { tokenId: caller.tokenId }) },
    ...(caller && { onBehalfOf: caller.principal }),
    ...(commandId === undefined ? {} : { commandId }),
  };
}

export function provenanceOf(request: FastifyRequest): Provenance {
  const { headers } = request;
  const userAgent = headers['user-agent']?.slice(0, 512);
  return {
    requestId: requestIdOf(request),
    traceparent: traceparentOf(headers['traceparent'] as string | undefined),
    edge: { ip: addressOf(request), ...(userAgent === undefined ? {} : { userAgent }) },
  };
}

/**
 * Whoever is before the first proxy that is trusted. What such a proxy says is taken only where it is an address; an
 * IPv4 address is itself, however the socket writes it.
 */
function addressOf({ ip, socket }: FastifyRequest): string {
  const address = isIP(ip) === 0 ? (socket.remoteAddress ?? '') : ip;
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

function commandIdOf(header: string | string[] | undefined): RequestId | undefined {
  if (header === undefined) return undefined;
  const given = RequestId.safeParse(header);
  if (given.success) return given.data;
  throw new Refusal('request.malformed', 'Idempotency-Key must be 1 to 64 of A-Z, a-z, 0-9, _ and -');
}
