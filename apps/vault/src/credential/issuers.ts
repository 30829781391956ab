/** The issuers of JWTs that an operator has chosen to believe: OpenID providers and Kubernetes clusters. */
import fs from 'node:fs';
import { MalformedJson, parse, parseJson, sentenceOf } from '@keytrail/contracts';
import { z } from 'zod';

const LOOPBACK = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;
const MAX_ISSUERS = 64;

/** Whether keys may be fetched from there: nobody on the way can change them, and the URL has no credentials. */
export function isTrustworthy(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  const isPrivate = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
  return isPrivate && username === '' && password === '';
}

const Endpoint = z
  .string()
  .max(300)
  .refine(isTrustworthy, 'must be a URL of https (or http on this machine), without credentials');

const AbsolutePath = z.string().regex(/^\/[^\0]+$/, 'is not an absolute path');

/**
 * One issuer. `audience` is what its tokens must be made out to, and to nothing else. Without `jwksUrl` its keys are
 * found by OpenID Connect Discovery 1.0. `caFile` (PEM) takes the place of the system's authorities; what `tokenFile`
 * holds is shown to `jwksUrl` as a bearer token. Both are read anew each time, for Kubernetes replaces them.
 */
const Issuer = z
  .strictObject({
    issuer: Endpoint.regex(/^[^?#]*$/, 'has a query or a fragment, which an issuer has not'),
    audience: z.string().min(1).max(300),
    /** Pinned: what a token's header says chooses among these, and never beyond. */
    algorithms: z
      .array(z.enum(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']))
      .min(1)
      .default(['RS256', 'ES256', 'EdDSA']),
    jwksUrl: Endpoint.optional(),
    caFile: AbsolutePath.optional(),
    tokenFile: AbsolutePath.optional(),
    clockToleranceSeconds: z.int().min(0).max(300).default(5),
    /** How long after `iat` a token is taken, whatever its `exp` says. */
    maxAgeSeconds: z.int().positive().optional(),
  })
  .refine(({ tokenFile, jwksUrl }) => tokenFile === undefined || jwksUrl !== undefined, {
    path: ['tokenFile'],
    message: 'needs jwksUrl: a token goes where its owner says, not where a document of the issuer says',
  });
export type Issuer = Readonly<z.infer<typeof Issuer>>;

const Issuers = z
  .array(Issuer)
  .max(MAX_ISSUERS)
  .refine((issuers) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length, {
    message: 'names an issuer twice',
  });

/**
 * The path of a JSON file with an array of issuers, replaced by the issuers; each mistake in it is an issue of its own.
 * Whoever can change this file can be anybody, so others must not be able to.
 */
export const IssuersFile = z.string().transform((path, context): readonly Issuer[] => {
  const read = readIssuers(path);
  if (read.ok) return read.issuers;
  for (const message of read.mistakes) context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

type Read =
  | { readonly ok: true; readonly issuers: readonly Issuer[] }
  | { readonly ok: false; readonly mistakes: readonly string[] };

const mistaken = (...mistakes: readonly string[]): Read => ({ ok: false, mistakes });

function readIssuers(path: string): Read {
  try {
    const bytes = fs.readFileSync(path);
    if ((fs.statSync(path).mode & 0o022) !== 0) return mistaken('names a file that others can change: chmod 644 it');
    const parsed = parse(Issuers, parseJson(bytes));
    if (parsed.ok) return { ok: true, issuers: parsed.value };
    return mistaken(...parsed.issues.map((issue) => `names a file with a mistake: ${sentenceOf([issue])}`));
  } catch (error) {
    if (error instanceof MalformedJson) return mistaken('names a file that is not well-formed JSON');
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return mistaken(`must be the path of a file that this process can read (${code})`);
  }
}
