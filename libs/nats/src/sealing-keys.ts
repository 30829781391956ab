/**
 * The vault's sealing keys as its clients know them: fetched, held against the vault key, kept while they are valid.
 */
import type { RpcReply, SealingKey, VaultKey } from '@keytrail/contracts';
import { LIMITS, parse, SealingKeys, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { isSignedBy } from '@keytrail/crypto';
import { ok, refused } from './answer.js';
import type { RpcClient } from './rpc-client.js';

/** A key is not used in its last moments: what is sealed to it must still arrive. */
const MARGIN_MS = 60_000;

export interface SealingKeyring {
  /** The key to seal to, or why there is none at the moment. */
  current(): Promise<RpcReply<SealingKey>>;
  /** To be called when the vault says `key.unknown`. */
  forget(): void;
}

/**
 * Asks with `client`, which needs no session for this. Whoever answers without the vault key's signature is no vault.
 */
export function sealingKeys(client: Pick<RpcClient, 'request'>, vaultKey: VaultKey): SealingKeyring {
  let known: SealingKey | null = null;
  return {
    current: async () => {
      if (known !== null && isUsable(known)) return ok(known);
      const reply = await client.request({
        service: 'vault',
        workspace: SYSTEM_WORKSPACE,
        aggregate: 'key',
        verb: 'list',
        body: {},
        deadlineMs: Date.now() + LIMITS.deadlineMaxMs,
      });
      if (!reply.ok) return reply;
      const published = parse(SealingKeys, reply.value);
      const genuine = published.ok ? published.value.keys.filter((key) => isSignedBy(vaultKey, key)) : [];
      known = genuine.find(isUsable) ?? null;
      return known === null ? notTheVault : ok(known);
    },
    forget: () => {
      known = null;
    },
  };
}

const notTheVault = refused(
  'key.unknown',
  'no sealing key was answered that this vault key has signed and that is valid now: check the vault key, and the clock',
);

const isUsable = ({ notBefore, notAfter }: SealingKey): boolean =>
  Date.parse(notBefore) <= Date.now() + LIMITS.clockSkewMs && Date.parse(notAfter) > Date.now() + MARGIN_MS;
