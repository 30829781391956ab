/** Who a request over HTTP comes from: the vault says it, of each request anew. */
import {
  AuthenticatedCaller,
  LIMITS,
  parse,
  sentenceOf,
  SYSTEM_WORKSPACE,
  type Credential,
  type Principal,
} from '@keytrail/contracts';
import { parseApiToken, SEALED_FOR } from '@keytrail/crypto';
import type { RpcClient } from '@keytrail/nats';
import type { Provenance } from '../http/origin.js';
import { Refusal } from '../http/problem.js';
import { valueOf } from '../rpc/answer.js';
import type { Sealing } from '../rpc/sealing.js';

/** Answers who presents a bearer token. Throws a `Refusal`: `auth.invalid` where the token stands for nobody. */
export interface Authenticator {
  authenticate(token: string, from: Provenance): Promise<AuthenticatedCaller>;
}

export interface AskingTheVault {
  readonly client: RpcClient;
  readonly sealing: Sealing;
  /** The gateway's own, for which credentials are sealed. */
  readonly principal: Principal;
}

export function vaultAuthenticator({ client, sealing, principal }: AskingTheVault): Authenticator {
  const ask = { service: 'vault', workspace: SYSTEM_WORKSPACE, aggregate: 'session', verb: 'authenticate' } as const;
  const sealedFor = { purpose: SEALED_FOR.credential, context: [principal] };
  return {
    authenticate: async (token, from) => {
      const plaintext = Buffer.from(JSON.stringify(credentialOf(token)));
      try {
        const told = await sealing.carry(plaintext, sealedFor, async (credential) => {
          const traceparent = unrecorded(from.traceparent);
          const reply = await client.request({ ...ask, ...from, traceparent, body: { credential } });
          return valueOf(reply);
        });
        if (told === null) throw new Refusal('auth.invalid', 'the bearer token is not valid');
        const caller = parse(AuthenticatedCaller, told);
        if (caller.ok) return caller.value;
        throw new Error(`the vault told of a caller of no form: ${sentenceOf(caller.issues)}`);
      } finally {
        plaintext.fill(0);
      }
    },
  };
}

/** The same trace, of which no span is kept: a stranger must not decide what is recorded. */
const unrecorded = (traceparent: string): string => `${traceparent.slice(0, -2)}00`;

/** Its first part is a JSON object: `{` and what may follow begin with these in base64url. */
const JWT = /^e[wy][A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Whether a text has the form of a credential: then it must not stand where it can be read, whoever it is of. */
export const isCredential = (text: string): boolean => parseApiToken(text) !== null || JWT.test(text);

/** What has the form of no credential costs the vault nothing. */
function credentialOf(token: string): Credential {
  if (parseApiToken(token) !== null) return { type: 'api_token', token };
  if (JWT.test(token) && token.length <= LIMITS.jwtCharacters) return { type: 'jwt', token };
  throw new Refusal('auth.invalid', 'the bearer token is neither an API token nor a JWT');
}
