/** Carries out what is asked of API tokens: they are issued, revoked, and listed without telling any. */
import type {
  IssuedToken,
  IssueTokenRequest,
  Principal,
  PrincipalEvent,
  RevokeTokenRequest,
  RpcReply,
  TokenDescription,
  TokenId,
  TokenList,
} from '@keytrail/contracts';
import { principalStream } from '@keytrail/contracts';
import { factsOfChange, ok, refusal, refused, type RpcRequest } from '@keytrail/nats';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler, type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { Keyring } from '../key/keyring.js';
import { JOURNAL, type VaultJournal } from '../vault.ports.js';
import { principalDecisions } from './principal.change.js';
import { discreetFacts } from './principal.facts.js';
import { PrincipalStore } from './principal.store.js';
import { type PrincipalHistory, tokenStandingsOf } from './principal.view.js';
import { mintToken } from './token.mint.js';

export class IssueApiToken extends Command<RpcReply<IssuedToken>> {
  constructor(
    readonly request: IssueTokenRequest,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

@CommandHandler(IssueApiToken)
export class IssueApiTokenHandler implements ICommandHandler<IssueApiToken> {
  private readonly decide;

  constructor(
    @Inject(JOURNAL) journal: VaultJournal,
    private readonly store: PrincipalStore,
    private readonly keyring: Keyring,
  ) {
    this.decide = principalDecisions(journal);
  }

  async execute({ request, rpc }: IssueApiToken): Promise<RpcReply<IssuedToken>> {
    const { principal, label, ...limits } = request;
    const { token, toStore } = mintToken(label ?? null);
    const detail = label === undefined ? {} : { text: label };
    const facts = await discreetFacts(this.keyring, rpc, { said: { principal, ...limits }, detail });
    const command = { type: 'IssueToken', token: { tokenId: toStore.tokenId, ...limits } } as const;
    const outcome = await this.decide({ principal, command, facts, token: toStore });
    if (!outcome.ok) return refusal(outcome.rejection, 'principal.revision_conflict');
    const tokenId = issuedBy(outcome.history);
    const described = await describeToken(this.store, { principal, tokenId, history: outcome.history });
    // Where the request is repeated, the token of its first time stands, which nobody kept.
    return ok({ ...described, token: tokenId === toStore.tokenId ? token : null });
  }
}

/** A history that an issue of a token ends. */
function issuedBy(history: PrincipalHistory): TokenId {
  const last = history.at(-1)?.event;
  if (last?.type !== 'TokenIssued') throw new Error('the issue of a token ended in something else');
  return last.data.tokenId;
}

export class RevokeApiToken extends Command<RpcReply<TokenDescription>> {
  constructor(
    readonly request: RevokeTokenRequest,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

@CommandHandler(RevokeApiToken)
export class RevokeApiTokenHandler implements ICommandHandler<RevokeApiToken> {
  private readonly decide;

  constructor(
    @Inject(JOURNAL) journal: VaultJournal,
    private readonly store: PrincipalStore,
  ) {
    this.decide = principalDecisions(journal);
  }

  async execute({ request: { tokenId, reason }, rpc }: RevokeApiToken): Promise<RpcReply<TokenDescription>> {
    const known = await this.store.token(tokenId);
    if (known === null) return refused('token.not_found', 'there is no such token');
    const { principal } = known;
    const facts = factsOfChange(rpc, { tokenId }, reason === undefined ? {} : { text: reason });
    const outcome = await this.decide({ principal, command: { type: 'RevokeToken', tokenId }, facts });
    if (!outcome.ok) return refusal(outcome.rejection, 'principal.revision_conflict');
    return ok(await describeToken(this.store, { principal, tokenId, history: outcome.history }));
  }
}

export class ListApiTokens extends Query<RpcReply<TokenList>> {
  constructor(readonly principal: Principal) {
    super();
  }
}

@QueryHandler(ListApiTokens)
export class ListApiTokensHandler implements IQueryHandler<ListApiTokens> {
  constructor(
    @Inject(JOURNAL) private readonly journal: VaultJournal,
    private readonly store: PrincipalStore,
  ) {}

  async execute({ principal }: ListApiTokens): Promise<RpcReply<TokenList>> {
    const history = await this.journal.load<PrincipalEvent>(principalStream(principal));
    if (history.length === 0) return refused('principal.not_found', 'there is no such principal');
    return ok({ items: await describeTokens(this.store, principal, history) });
  }
}

async function describeToken(
  store: PrincipalStore,
  of: { readonly principal: Principal; readonly tokenId: TokenId; readonly history: PrincipalHistory },
): Promise<TokenDescription> {
  const tokens = await describeTokens(store, of.principal, of.history);
  return tokens.find(({ tokenId }) => tokenId === of.tokenId) as TokenDescription;
}

/** Oldest first. A token that was issued behind this history is not among them. */
async function describeTokens(
  store: PrincipalStore,
  principal: Principal,
  history: PrincipalHistory,
): Promise<TokenDescription[]> {
  const known = new Map((await store.tokensOf(principal)).map((token) => [token.tokenId, token]));
  return tokenStandingsOf(history, Date.now()).map((standing) => {
    const { label = null, lastUsedAt = null } = known.get(standing.tokenId) ?? {};
    return { ...standing, principal, label, lastUsedAt };
  });
}
