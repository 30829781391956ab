/** Answers what was no HTTP request, or took too long to become one: there is no request object, only a socket. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { RequestId } from '@keytrail/contracts';
import { uuidv7 } from '@keytrail/crypto';
import type { ConnectionError } from 'fastify';
import { problemHeaders, problemOf, Refusal, textOf } from './problem.js';

/** Writes a problem document where the peer still listens, and ends the connection. */
export function refuseUnparsed(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const requestId = uuidv7() as RequestId;
  const problem = problemOf(refusalOf(error.code), requestId);
  const body = textOf(problem);
  const headers = { ...problemHeaders(problem), 'x-request-id': requestId, 'cache-control': 'no-store' };
  const lines = Object.entries({ ...headers, connection: 'close', 'content-length': Buffer.byteLength(body) });
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      ...lines.map(([name, value]) => `${name}: ${value}`),
      '',
      body,
    ].join('\r\n'),
  );
}

function refusalOf(code: string): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal('request.too_large', 'the headers are too large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal('request.malformed', 'the request did not arrive whole in time');
    default:
      return new Refusal('request.malformed', 'the request is not well-formed HTTP');
  }
}
