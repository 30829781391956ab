/** The public keys of one issuer: fetched when they are needed, kept for a while, and no oftener than we choose. */
import { readFile } from 'node:fs/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters, type LocalJWKSet } from 'jose';
import { z } from 'zod';
import { fetchJson, type FetchOptions } from './fetch-json.js';
import { type Issuer, isTrustworthy } from './issuers.js';

/** A key that its issuer withdraws is taken for as long as this. */
const FRESH_MS = 600_000;
/**
 * They are fetched once in so long at most, be it that tokens name unknown ones, which anybody can do, or that nobody
 * answered. Longer than a fetch may take, so that there is one at a time.
 */
const PAUSE_MS = 10_000;
const TIMEOUT_MS = 2_000;

/** The issuer's keys cannot be had at the moment, so that nothing can be said of its tokens. */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
  readonly code = 'service.unavailable';
  readonly retryable = true;

  constructor(issuer: string, cause: unknown) {
    super(`the keys of ${issuer} cannot be fetched`, { cause });
  }
}

export class IssuerKeys {
  private known: { readonly keys: LocalJWKSet; readonly atMs: number } | null = null;
  private attempt: { readonly keys: Promise<LocalJWKSet>; readonly atMs: number } | null = null;

  constructor(private readonly issuer: Issuer) {}

  /**
   * The one key that a token's header names. Of the header only `kid` and `alg` count: keys and addresses in it are
   * never looked at. `nowMs` in epoch milliseconds. Throws {@link IssuerUnavailable}, or jose's error where there is no
   * such key or more than one.
   */
  async keyOf(header: JWSHeaderParameters, nowMs: number) {
    const { known } = this;
    const keys = known !== null && nowMs - known.atMs < FRESH_MS ? known.keys : await this.latest(nowMs);
    try {
      return await keys(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const latest = await this.latest(nowMs);
      return latest(header);
    }
  }

  /** An attempt that failed is what everybody hears of until the next one. */
  private latest(nowMs: number): Promise<LocalJWKSet> {
    if (this.attempt === null || nowMs - this.attempt.atMs >= PAUSE_MS) {
      this.attempt = { keys: this.fetch(nowMs), atMs: nowMs };
    }
    return this.attempt.keys;
  }

  private async fetch(atMs: number): Promise<LocalJWKSet> {
    try {
      const keys = createLocalJWKSet((await fetchKeySet(this.issuer)) as JSONWebKeySet);
      this.known = { keys, atMs };
      return keys;
    } catch (error) {
      throw new IssuerUnavailable(this.issuer.issuer, error);
    }
  }
}

async function fetchKeySet({ issuer, jwksUrl, caFile, tokenFile }: Issuer): Promise<unknown> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const [ca, bearer] = await Promise.all([textOf(caFile), textOf(tokenFile)]);
  if (jwksUrl !== undefined) return fetchJson(jwksUrl, { ca, bearer, signal });
  const options = { ca, bearer: undefined, signal };
  return fetchJson(await discover(issuer, options), options);
}

const Discovered = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** OpenID Connect Discovery 1.0, section 4: the document must speak of the very issuer that it was asked of. */
async function discover(issuer: string, options: FetchOptions): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const discovered = Discovered.parse(await fetchJson(url, options));
  if (discovered.issuer !== issuer) throw new Error(`${url} speaks of another issuer`);
  const { jwks_uri: jwksUrl } = discovered;
  if (!isTrustworthy(jwksUrl)) throw new Error(`${url} names keys that are not behind https`);
  return jwksUrl;
}

const textOf = async (path: string | undefined): Promise<string | undefined> =>
  path === undefined ? undefined : (await readFile(path, 'utf8')).trim();
