/** What the API says of API tokens: they are told once, and kept nowhere. */
import {
  IssuedToken,
  IssueTokenRequest,
  ListTokensRequest,
  RevokeTokenRequest,
  TokenDescription,
  TokenList,
} from '@keytrail/contracts';
import { z } from 'zod';
import { route } from '../http/route-declaration.js';
import { ABSENT_PRINCIPAL, issuedToken, SERVICE_PRINCIPAL, serviceToken } from '../story.js';

const change = ['principal.revision_conflict', 'request.command_id_reused', 'journal.unavailable'] as const;
const absent = {
  summary: 'Nobody',
  refusal: { code: 'principal.not_found', detail: 'there is no such principal: register it first' },
} as const;

export const issueToken = route({
  id: 'issueToken',
  method: 'POST',
  path: '/api/v1/access/tokens',
  tag: 'Access',
  summary: 'Make an API token for a principal; it is told in this answer, and never again',
  body: IssueTokenRequest,
  status: 201,
  answer: IssuedToken,
  codes: ['principal.not_found', 'principal.suspended', 'principal.limit', ...change],
  examples: {
    narrow: {
      summary: 'A token that obtains values and does nothing else, for a limited time',
      headers: { 'Idempotency-Key': 'token-of-the-nightly-job' },
      body: {
        principal: SERVICE_PRINCIPAL,
        label: 'of the nightly job',
        scopes: ['secret.decrypt'],
        expiresAt: '2099-12-31T23:59:59.999Z',
      },
      answer: issuedToken,
    },
    absent: { ...absent, body: { principal: ABSENT_PRINCIPAL } },
  },
  links: { revoke: { operation: 'revokeToken', parameters: { tokenId: '/tokenId' } } },
});

export const listTokens = route({
  id: 'listTokens',
  method: 'GET',
  path: '/api/v1/access/tokens',
  tag: 'Access',
  summary: "List a principal's API tokens, without the tokens themselves",
  query: ListTokensRequest,
  answer: TokenList,
  codes: ['principal.not_found', 'journal.unavailable'],
  examples: {
    ofOne: { summary: "A service's", query: { principal: SERVICE_PRINCIPAL }, answer: { items: [serviceToken] } },
  },
});

const { tokenId, ...revocation } = RevokeTokenRequest.shape;

export const revokeToken = route({
  id: 'revokeToken',
  method: 'POST',
  path: '/api/v1/access/tokens/{tokenId}/revoke',
  tag: 'Access',
  summary: 'Revoke an API token; once answered, nothing is served to whoever holds it',
  params: z.strictObject({ tokenId }),
  body: z.strictObject(revocation).default({}),
  answer: TokenDescription,
  codes: ['token.not_found', ...change],
  examples: {
    leaked: {
      summary: 'A token that was seen in public',
      params: { tokenId: serviceToken.tokenId },
      body: { reason: 'seen in a public repository' },
      answer: { ...serviceToken, status: 'revoked' },
    },
    absent: {
      summary: 'A token that never was',
      params: { tokenId: '000000000000' },
      refusal: { code: 'token.not_found', detail: 'there is no such token' },
    },
  },
});
