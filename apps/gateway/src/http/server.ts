/** The HTTP server: what it accepts, for how long it waits, and what stands on every answer. */
import type { IncomingMessage } from 'node:http';
import { LIMITS, parseJson, type AuthenticatedCaller } from '@keytrail/contracts';
import type { HttpAnswer, Log, ServerIdentity } from '@keytrail/service';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator } from '../access/authenticator.js';
import { callerOf } from '../access/bearer.js';
import { chooseRequestId } from './origin.js';
import { refusalOf, sendProblem } from './problem.filter.js';
import { tendStreams } from './streams.js';
import { traceRequests } from './trace.js';
import { refuseUnparsed } from './unparsed.js';

/** The longest reference has 140 characters, and each may be percent-encoded; longer ones deserve a sentence too. */
const PATH_PART_CHARACTERS = 1_024;

/** Room for the largest JWT among the others. */
const HEADER_BYTES = 16_384;

/** For how long a connection may be silent. */
const IDLE_MS = 30_000;

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export interface ServerOptions {
  readonly authenticator: Authenticator;
  /** Addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** With it HTTPS is served, and nothing else. */
  readonly identity: ServerIdentity | undefined;
  readonly log: Log;
  /** Told of each answer once it is sent. */
  readonly onAnswer: (answer: HttpAnswer) => void;
}

export function httpServer({ authenticator, log, onAnswer, ...listening }: ServerOptions): FastifyAdapter {
  const adapter = new FastifyAdapter(serverOptions(listening));
  const fastify = adapter.getInstance<FastifyInstance>();
  acceptJsonOnly(fastify);
  fastify.decorateRequest('caller', null);
  fastify.addHook('onRequest', async (request, reply) => {
    answerHeaders(request, reply);
    request.caller = await callerOf(request, authenticator);
  });
  traceRequests(fastify);
  fastify.addHook('preSerialization', async (request, reply, answer) => {
    if (request.routeOptions.config.declaration?.etag) reply.header('etag', `"${(answer as Revised).revision}"`);
    return answer;
  });
  hearOutWhoSendsTooMuch(fastify);
  closeConnectionsOnClose(fastify);
  tendStreams(fastify, IDLE_MS);
  fastify.addHook('onResponse', async (request, reply) => {
    onAnswer(answerOf(request, reply));
    logRequest(log, request, reply);
  });
  return adapter;
}

function serverOptions({ trustedProxies, identity }: Pick<ServerOptions, 'trustedProxies' | 'identity'>) {
  const bounds = { headersTimeout: 10_000, maxHeaderSize: HEADER_BYTES };
  return {
    bodyLimit: LIMITS.requestBytes,
    // Idle, whole request, and headers alone: a slow sender cannot hold a connection for longer.
    connectionTimeout: IDLE_MS,
    requestTimeout: 15_000,
    keepAliveTimeout: 10_000,
    ...(identity === undefined ? { http: bounds } : { https: { ...bounds, ...identity } }),
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    // What arrives while the server closes is still served; the answer closes its connection.
    return503OnClosing: false,
    routerOptions: { maxParamLength: PATH_PART_CHARACTERS },
    genReqId: (request: IncomingMessage) => chooseRequestId(request.headers),
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      answerHeaders(request, reply);
      sendProblem(refusalOf(error), request, reply);
    },
    clientErrorHandler: refuseUnparsed,
  };
}

interface Revised {
  readonly revision: number;
}

function answerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
}

/**
 * Were the connection closed while a body still comes, its sender might never read why: the rest is dropped instead.
 */
function hearOutWhoSendsTooMuch(fastify: FastifyInstance): void {
  fastify.addHook('onSend', async (_, reply) => {
    if (reply.statusCode === 413) reply.removeHeader('connection');
  });
}

/** A connection whose request was under way when the server began to close would else idle until it times out. */
function closeConnectionsOnClose(fastify: FastifyInstance): void {
  let closing = false;
  fastify.addHook('preClose', async () => {
    closing = true;
  });
  fastify.addHook('onSend', async (_, reply) => {
    if (closing) reply.header('connection', 'close');
  });
}

/** Fastify's own parser lets duplicate keys and lone surrogates pass. */
function acceptJsonOnly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) => {
    try {
      return body.length === 0 ? undefined : parseJson(body);
    } finally {
      // A value may stand in it.
      body.fill(0);
    }
  });
}

/** The route, not the URL: a misplaced secret may stand there. */
function answerOf({ routeOptions, method }: FastifyRequest, { statusCode, elapsedTime }: FastifyReply): HttpAnswer {
  return {
    route: routeOptions.config.declaration?.id ?? 'unknown',
    method,
    status: statusCode,
    durationMs: elapsedTime,
  };
}

function logRequest(log: Log, request: FastifyRequest, reply: FastifyReply): void {
  if (request.routeOptions.config.declaration?.open) return;
  const { route: operation, status, durationMs } = answerOf(request, reply);
  log.info({ requestId: request.id, operation, status, durationMs: Math.round(durationMs) }, 'request');
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on an open route. */
    caller: AuthenticatedCaller | null;
  }
}
