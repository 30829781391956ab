/** Principals in memory, told by their events, for specs of who a credential stands for. */
import type { OutsideName, Principal, PrincipalEvent, TokenId } from '@keytrail/contracts';
import { connectSecretOf, mintApiToken, mintPrincipal, sha256Hex } from '@keytrail/crypto';
import { fold } from '@keytrail/eventsourcing';
import { principalDecider } from '../principal/principal.decider.js';
import type { KnownToken } from '../principal/principal.store.js';
import type { Principals } from './identification.js';

type TokenFacts = Omit<Extract<PrincipalEvent, { type: 'TokenIssued' }>['data'], 'tokenId'>;

const keyOf = ({ issuer, subject }: OutsideName): string => JSON.stringify([issuer, subject]);

export class MemoryPrincipals implements Principals {
  readonly uses: TokenId[] = [];
  readonly lookups: string[] = [];
  readonly tokens = new Map<string, KnownToken>();
  private readonly events = new Map<Principal, PrincipalEvent[]>();
  private readonly names = new Map<string, Principal>();
  private readonly nkeys = new Map<string, Principal>();

  register({ name, nkey }: { readonly name?: OutsideName; readonly nkey?: string } = {}): Principal {
    const principal = mintPrincipal() as Principal;
    if (name !== undefined) this.names.set(keyOf(name), principal);
    if (nkey !== undefined) this.nkeys.set(nkey, principal);
    this.events.set(principal, [{ type: 'PrincipalRegistered', data: { kind: 'service' } }]);
    return principal;
  }

  tell(principal: Principal, event: PrincipalEvent): void {
    this.events.get(principal)?.push(event);
  }

  issue(principal: Principal, facts: TokenFacts = {}) {
    const { token, tokenId: id, sha256Hex: digest } = mintApiToken();
    const [tokenId, connectSecret] = [id as TokenId, connectSecretOf(token) as string];
    const connectSha256Hex = sha256Hex(Buffer.from(connectSecret));
    this.tokens.set(tokenId, { principal, sha256Hex: digest, connectSha256Hex });
    this.tell(principal, { type: 'TokenIssued', data: { tokenId, ...facts } });
    return { token, tokenId, connectSecret };
  }

  async of(principal: Principal) {
    const state = fold(principalDecider, this.events.get(principal) ?? []);
    return state.exists ? { state } : null;
  }

  async byToken(tokenId: TokenId) {
    this.lookups.push(tokenId);
    return this.tokens.get(tokenId) ?? null;
  }

  async byOutsideName(name: OutsideName) {
    return this.names.get(keyOf(name)) ?? null;
  }

  async byNkey(publicKey: string) {
    return this.nkeys.get(publicKey) ?? null;
  }

  used(tokenId: TokenId): void {
    this.uses.push(tokenId);
  }
}
