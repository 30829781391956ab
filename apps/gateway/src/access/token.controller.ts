/** API tokens over HTTP. */
import { SYSTEM_WORKSPACE, type IssuedToken, type TokenDescription, type TokenList } from '@keytrail/contracts';
import { Controller } from '@nestjs/common';
import type { Call } from '../http/call.js';
import { Route } from '../http/route.js';
import { Upstream, type Question } from '../rpc/upstream.js';
import { issueToken, listTokens, revokeToken } from './token.routes.js';

@Controller()
export class TokenController {
  constructor(private readonly upstream: Upstream) {}

  @Route(issueToken)
  issue(call: Call<typeof issueToken>): Promise<IssuedToken> {
    return this.upstream.ask(call, token('issue', call.body));
  }

  @Route(listTokens)
  list(call: Call<typeof listTokens>): Promise<TokenList> {
    return this.upstream.ask(call, token('list', call.query));
  }

  @Route(revokeToken)
  revoke(call: Call<typeof revokeToken>): Promise<TokenDescription> {
    return this.upstream.ask(call, token('revoke', { ...call.params, ...call.body }));
  }
}

function token(verb: string, body: object): Question {
  return { service: 'vault', workspace: SYSTEM_WORKSPACE, aggregate: 'token', verb, body };
}
