/** The management API as scripts use it: HTTP with the admin's token, JSON in and out. */

/** Where the gateway is, and who asks. */
export interface GatewayLogin {
  readonly gatewayUrl: string;
  readonly adminToken: string;
}

/** The gateway said no; `body` is its problem document. */
export class GatewayRefused extends Error {
  override readonly name = 'GatewayRefused';
  readonly status: number;
  readonly body: unknown;

  constructor(request: string, status: number, body: unknown) {
    super(`${request} was answered ${status}: ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

/** `commandId`: repeated with the same one, a change has one effect. `signal` gives up waiting for the answer. */
export interface PostOptions {
  readonly commandId?: string;
  readonly signal?: AbortSignal;
}

interface Sent extends PostOptions {
  readonly body?: unknown;
}

export interface GatewayApi {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown, how?: PostOptions): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  /** All items of a list, page by page; `path` has its query already. */
  list<T>(path: string): Promise<readonly T[]>;
}

/** Paths begin below `/api/v1`, such as `/secrets`. Whatever is not 2xx throws {@link GatewayRefused}. */
export function gatewayApi({ gatewayUrl, adminToken }: GatewayLogin): GatewayApi {
  const ask = async <T>(method: string, path: string, { body, commandId, signal }: Sent = {}): Promise<T> => {
    const response = await fetch(`${gatewayUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(commandId !== undefined && { 'idempotency-key': commandId }),
      },
      ...(signal && { signal }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new GatewayRefused(`${method} ${path}`, response.status, answer);
    return answer as T;
  };
  const get = <T>(path: string) => ask<T>('GET', path);
  return {
    get,
    post: (path, body, how) => ask('POST', path, { body, ...how }),
    put: (path, body) => ask('PUT', path, { body }),
    list: async <T>(path: string) => {
      const items: T[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page: { items: T[]; nextCursor: string | null } = await get(`${path}${from}`);
        items.push(...page.items);
        cursor = page.nextCursor;
      }
      return items;
    },
  };
}
