/** Turns whatever was thrown while a request was served into a problem document: the one way out for every error. */
import { MalformedJson, type RequestId } from '@keytrail/contracts';
import type { Log } from '@keytrail/service';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestIdOf } from './origin.js';
import { problemHeaders, problemOf, Refusal, textOf } from './problem.js';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const refusal = loggedRefusalOf(thrown, requestIdOf(request), this.log);
    sendProblem(refusal, request, host.switchToHttp().getResponse<FastifyReply>());
  }
}

/** What an error means to the caller; what nobody has foreseen is logged. */
export function loggedRefusalOf(thrown: unknown, requestId: RequestId, log: Log): Refusal {
  const refusal = refusalOf(thrown);
  if (refusal.code === 'internal') log.error({ err: thrown, requestId }, 'a request failed');
  return refusal;
}

export function sendProblem(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(refusal, requestIdOf(request));
  // Bytes, because to a text Fastify would add a charset parameter, which JSON media types do not have.
  void reply
    .code(problem.status)
    .headers(problemHeaders(problem, refusal.retryAfterSeconds))
    .send(Buffer.from(textOf(problem)));
}

const FASTIFY: Readonly<Record<string, Refusal>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: new Refusal('request.too_large', 'the body is too large'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new Refusal('request.malformed', 'the body must have content-type: application/json'),
  FST_ERR_BAD_URL: new Refusal('request.malformed', 'the path is not percent-encoded UTF-8'),
  FST_ERR_MAX_PARAM_LENGTH: new Refusal('request.malformed', 'the path has a part that is too long'),
};

/** What an error means to the caller. Fastify's own messages quote the input, so its codes are translated. */
export function refusalOf(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (thrown instanceof MalformedJson) return new Refusal('request.malformed', thrown.message);
  const error = thrown instanceof HttpException ? (thrown.cause ?? thrown) : thrown;
  const { code = '', statusCode } = (error ?? {}) as { readonly code?: string; readonly statusCode?: number };
  const known = FASTIFY[code];
  if (known) return known;
  const status = thrown instanceof HttpException ? thrown.getStatus() : statusCode;
  if (status === 404)
    return new Refusal('request.unknown_operation', 'there is no such operation: see /api/openapi.json');
  if (status !== undefined && status >= 400 && status < 500)
    return new Refusal('request.malformed', 'the request is not well-formed HTTP');
  return new Refusal('internal', 'the request failed inside the gateway; its log names the request id');
}
