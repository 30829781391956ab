/** JWTs as NATS signs them (https://github.com/nats-io/jwt, version 2): Ed25519 by an nkey. */
import { verifySignature } from '@keytrail/crypto';
import { z } from 'zod';
import { nkeyBytes, nkeySigner } from './nkey.js';

/** Signs claims in the name of one nkey. */
export interface TokenSigner {
  /** The token; `iss` and `iat` are added. */
  sign(claims: Readonly<Record<string, unknown>>): string;
}

const ALGORITHM = 'ed25519-nkey';

/** By an account's seed (`SA…`); throws where it is none. */
export function tokenSigner(seed: string): TokenSigner {
  const { nkey: iss, sign } = nkeySigner(seed);
  if (!iss.startsWith('A')) throw new Error('the seed of the issuer is not that of an account');
  const header = encoded({ typ: 'JWT', alg: ALGORITHM });
  return {
    sign: (claims) => {
      const signed = `${header}.${encoded({ ...claims, iss, iat: Math.floor(Date.now() / 1_000) })}`;
      return `${signed}.${sign(Buffer.from(signed)).toString('base64url')}`;
    },
  };
}

const Header = z.object({ alg: z.literal(ALGORITHM) });
const Issued = z.object({ iss: z.string() });

/** The claims of a token, which the nkey in `iss` has signed; throws where it has not. Whose that is, tells nobody. */
export function readToken(token: string): unknown {
  const [header = '', payload = '', signature = ''] = token.split('.');
  Header.parse(decoded(header));
  const claims = decoded(payload);
  const { iss } = Issued.parse(claims);
  const message = Buffer.from(`${header}.${payload}`);
  if (!verifySignature(nkeyBytes(iss), { message, signature: Buffer.from(signature, 'base64url') }))
    throw new Error('the token is not signed by its issuer');
  return claims;
}

const encoded = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString('base64url');

const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
