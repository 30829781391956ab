/**
 * Every place over HTTP and NATS into which a value may slip by mistake: each is refused, or overlooked, and kept by
 * nobody.
 */
import type { Canary } from './15-canaries.js';

/** A request to the gateway as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Begins below `/api/v1`. */
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What stands where the value does not. `known` is a secret that exists, `absent` one that does not. */
export interface Around {
  readonly known: string;
  readonly absent: string;
}

type Place = (value: string, around: Around) => Omit<WireRequest, 'method'>;

const inBody = (content: (value: string, around: Around) => unknown): Place => {
  return (value, around) => ({ path: '/secrets', body: JSON.stringify(content(value, around)) });
};

const longerThan = (limit: number, value: string) => value.repeat(Math.ceil((limit + 1) / value.length));

/** Places that take any text. */
const anywhere: Readonly<Record<string, Place>> = {
  'for a secret that exists': inBody((value, { known }) => ({ reference: known, value: { text: value } })),
  'as reference': inBody((value) => ({ reference: value, value: { text: 'x' } })),
  'inside the reference': inBody((value, { absent }) => ({ reference: absent + value, value: { text: 'x' } })),
  bare: inBody((value, { absent }) => ({ reference: absent, value })),
  'in a list': inBody((value, { absent }) => ({ reference: absent, value: { text: [value] } })),
  'as key of the body': inBody((value, { absent }) => ({ reference: absent, value: { text: 'x' }, [value]: value })),
  'as key of the value': inBody((value, { absent }) => ({ reference: absent, value: { [value]: value } })),
  'as text and base64': inBody((value, { absent }) => {
    return { reference: absent, value: { text: value, base64: Buffer.from(value).toString('base64') } };
  }),
  'as base64 that it is not': inBody((value, { absent }) => ({ reference: absent, value: { base64: `${value}!` } })),
  'as time': inBody((value, { absent }) => ({ reference: absent, value: { text: 'x' }, expiresAt: value })),
  'with NUL': inBody((value, { absent }) => ({ reference: absent, value: { text: `${value}\0` } })),
  'with half a character': inBody((value, { absent }) => ({ reference: absent, value: { text: `${value}\ud800` } })),
  'too often': inBody((value, { absent }) => ({
    reference: absent,
    value: { text: longerThan(65_536, value) },
  })),
  'in JSON that breaks off': (value) => ({ path: '/secrets', body: `{"value":{"text":${JSON.stringify(value)}` }),
  'behind JSON': (value) => ({ path: '/secrets', body: `{} ${value}` }),
  'instead of JSON': (value) => ({ path: '/secrets', body: value }),
  'as a repeated key': (value) => ({
    path: '/secrets',
    body: `{${JSON.stringify(value)}:1,${JSON.stringify(value)}:2}`,
  }),
  'as a reason that is too long': (value, { known }) => {
    return { path: `/secrets/${known}/revoke`, body: JSON.stringify({ reason: longerThan(500, value) }) };
  },
  'as slug': (value) => ({ path: '/workspaces', body: JSON.stringify({ slug: value }) }),
  'in the path': (value) => ({ path: `/secrets/${encodeURIComponent(value)}` }),
  'as operation': (value) => ({ path: `/${encodeURIComponent(value)}` }),
  'in the query': (value, { known }) => ({ path: `/secrets/${known}?value=${encodeURIComponent(value)}` }),
  'as key of the query': (value, { known }) => ({ path: `/secrets/${known}?${encodeURIComponent(value)}=1` }),
  'as handler of a rotation': (value, { known }) => {
    return { path: `/secrets/${known}/rotate`, body: JSON.stringify({ handler: { type: value } }) };
  },
  'as filter of findings': (value) => ({ path: `/findings?reference=${encodeURIComponent(value)}` }),
  'as filter of rotations': (value) => ({ path: `/rotation/runs?status=${encodeURIComponent(value)}` }),
  'as filter': (value) => ({ path: `/audit/events?reference=${encodeURIComponent(value)}` }),
  'as cursor': (value) => ({ path: `/audit/events?cursor=${encodeURIComponent(value)}` }),
  'as token in the query': (value) => ({ path: `/audit/events?access_token=${encodeURIComponent(value)}` }),
};

const inHeader = (name: string, content: (value: string) => string = (value) => value): Place => {
  return (value, { known }) => ({ path: `/secrets/${known}`, headers: { [name]: content(value) } });
};

/** Headers take ASCII, and what is short enough to be an id is one. */
const inHeaders: Readonly<Record<string, Place>> = {
  'as token': inHeader('authorization', (value) => `Bearer ${value}`),
  'as authorization': inHeader('authorization'),
  'as request id': inHeader('x-request-id'),
  'as trace': inHeader('traceparent'),
  'as idempotency key': (value, { known }) => ({
    path: `/secrets/${known}/versions`,
    body: JSON.stringify({ value: { text: 'x' } }),
    headers: { 'idempotency-key': value },
  }),
  'as revision': (value, { known }) => ({
    path: `/secrets/${known}/versions`,
    body: JSON.stringify({ value: { text: 'x' } }),
    headers: { 'if-match': value },
  }),
  'as content type': (value) => ({ path: '/secrets', body: value, headers: { 'content-type': value } }),
};

/** All requests that misplace the value, by what is done to it. */
export function misplacedOverHttp({ shape, value }: Canary, around: Around): ReadonlyMap<string, WireRequest> {
  const isLongAscii = shape === 'openai' || shape === 'anthropic';
  const places = { ...anywhere, ...(isLongAscii && inHeaders) };
  return new Map(
    Object.entries(places).map(([what, place]) => {
      const request = place(value, around);
      return [what, { method: request.body === undefined ? 'GET' : 'POST', ...request }];
    }),
  );
}

/** All bodies of a request to decrypt that misplace the value. */
export function misplacedOverNats({ value }: Canary, { known }: Around): readonly unknown[] {
  return [
    value,
    [value],
    { reference: value },
    { reference: `${known}${value}` },
    { reference: known, [value]: 1 },
    { reference: known, version: value },
    { reference: known, purpose: longerThan(200, value) },
    { reference: known, repeatOf: longerThan(64, value) },
  ];
}
