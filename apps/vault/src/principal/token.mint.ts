/** A new API token: what its holder is told, and what is kept to recognize it. */
import type { TokenId } from '@keytrail/contracts';
import { connectSecretOf, mintApiToken, parseConnectSecret } from '@keytrail/crypto';
import type { NewToken } from './principal.store.js';

export type TokenToStore = Omit<NewToken, 'principal' | 'createdAt'>;

/** `token` is told once and never kept. */
export interface MintedToken {
  readonly token: string;
  readonly toStore: TokenToStore;
}

/** `label` is what people call it. */
export function mintToken(label: string | null): MintedToken {
  const { token, tokenId, sha256Hex } = mintApiToken();
  const { sha256Hex: connectSha256Hex } = parseConnectSecret(connectSecretOf(token) as string) as {
    readonly sha256Hex: string;
  };
  return { token, toStore: { tokenId: tokenId as TokenId, sha256Hex, connectSha256Hex, label } };
}
