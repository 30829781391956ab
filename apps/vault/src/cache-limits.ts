/** How much memory the vault's caches may take: one budget, and who has which part of it. */

/** Of the room that is estimated to be taken; see "Memory of the vault" in docs/operations.md. */
export interface CacheLimits {
  readonly secretsBytes: number;
  readonly versionsBytes: number;
  readonly principalsBytes: number;
  readonly workspacesBytes: number;
}

/** With this, 100,000 secrets of one version each, of up to 256 bytes, are at hand. */
const DEFAULT_MIB = 384;

const MIB_BYTES = 1_024 * 1_024;

/** A version of a secret takes twice the room of the secret; principals and workspaces are few, and may be large. */
export function cacheLimits(budgetMib = DEFAULT_MIB): CacheLimits {
  const eighthBytes = (budgetMib * MIB_BYTES) / 8;
  return {
    versionsBytes: 4 * eighthBytes,
    secretsBytes: 2 * eighthBytes,
    principalsBytes: eighthBytes,
    workspacesBytes: eighthBytes,
  };
}
