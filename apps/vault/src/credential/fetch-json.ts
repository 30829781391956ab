/** Fetches one small JSON document from a server that we do not run: bounded in time and size, with no redirect. */
import http from 'node:http';
import https from 'node:https';
import { parseJson } from '@keytrail/contracts';

const MAX_BYTES = 262_144;

export interface FetchOptions {
  /** PEM; without it the system's authorities are trusted. */
  readonly ca: string | undefined;
  readonly bearer: string | undefined;
  /** Ends the request, wherever it stands. */
  readonly signal: AbortSignal;
}

/** Throws for whatever is not a 200 with at most 256 KiB of JSON; a redirect is not followed. */
export async function fetchJson(url: string, options: FetchOptions): Promise<unknown> {
  const response = await get(url, options);
  try {
    if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
    return parseJson(await bytesOf(response, url));
  } finally {
    response.destroy();
  }
}

/** The request keeps its listener for errors, which may come after the response has begun. */
function get(url: string, { ca, bearer, signal }: FetchOptions): Promise<http.IncomingMessage> {
  const { get: request } = url.startsWith('https:') ? https : http;
  const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
  const headers = { accept: 'application/json', ...authorization };
  return new Promise((resolve, reject) => {
    request(url, { agent: false, headers, signal, ...(ca !== undefined && { ca }) }, resolve).on('error', reject);
  });
}

async function bytesOf(response: http.IncomingMessage, url: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error(`${url} answered more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
