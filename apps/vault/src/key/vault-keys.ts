/** The vault's own keys in use: one signs, the others open what was sealed to them. */
import type { Principal, RpcReply, SealedMessage, SealingKey, SealingKeys } from '@keytrail/contracts';
import { KEY_STREAM, LIMITS, SealingKeys as SealingKeysForm, SYSTEM_WORKSPACE } from '@keytrail/contracts';
import {
  DecryptionFailed,
  hpkeKeyPair,
  type HpkeExport,
  type HpkeKeyPair,
  mintKey,
  openSealed,
  type RootKey,
  SEALED_FOR,
  type SecretBytes,
  type SigningKey,
  signingKey,
  signSealingKey,
  uuidv7,
  vaultKeyOf,
} from '@keytrail/crypto';
import { execute } from '@keytrail/eventsourcing';
import { refused } from '@keytrail/nats';
import type { Database } from '@keytrail/postgres';
import type { VaultJournal } from '../vault.ports.js';
import { isRotationDue, type ReplenishKeys, vaultKeyDecider } from './vault-key.decider.js';
import { forgetSealingKeys, loadVaultKeys, type StoredVaultKey, storeVaultKeys } from './vault-key.store.js';

const HOUR_MS = 3_600_000;

/** A key is followed by the next one half-way: so two are valid at once, also where the next one is an hour late. */
const SEALING_VALID_MS = 25 * HOUR_MS;
const SEALING_AGE_MAX_MS = 12 * HOUR_MS;

/** No message opens for longer than this. */
export const OPENS_AT_MOST_MS = SEALING_VALID_MS + LIMITS.clockSkewMs;

export interface VaultKeyParts {
  readonly database: Database;
  readonly journal: VaultJournal;
  readonly root: RootKey;
  /** In whose name the keys are made: the vault's own. */
  readonly principal: Principal;
  /** How old the newest sealing key may be, 12 h by default; each is valid for 25 h. */
  readonly sealingAgeMaxMs?: number;
}

/** A sealed message that opened: `plaintext` is the caller's to destroy. */
export interface OpenedMessage {
  readonly ok: true;
  readonly plaintext: SecretBytes;
  readonly exportSecret: HpkeExport;
}

type Refused = Extract<RpcReply<never>, { readonly ok: false }>;

interface HeldSealingKey {
  readonly pair: HpkeKeyPair;
  readonly published: SealingKey;
}

/**
 * Makes the keys that are due: the signing key once, a sealing key where the newest is too old. Any number of processes
 * may call it at once. Answers the vault key (`kv_…`); throws DecryptionFailed where another root key wrapped it.
 */
export async function ensureVaultKeys(parts: VaultKeyParts & { readonly nowMs: number }): Promise<{
  readonly vaultKey: string;
}> {
  const keys = new VaultKeys(parts);
  await keys.replenish(parts.nowMs);
  return { vaultKey: keys.list(parts.nowMs).signingKey };
}

export class VaultKeys {
  private signing: SigningKey | null = null;
  /** By key id, newest first. */
  private sealing: ReadonlyMap<string, HeldSealingKey> = new Map();
  private loading: Promise<void> | null = null;
  private readonly run;

  constructor(private readonly parts: VaultKeyParts) {
    this.run = execute(vaultKeyDecider, parts.journal);
  }

  /** Makes what is due and takes in what other replicas have made; `nowMs` in epoch milliseconds. */
  async replenish(nowMs: number): Promise<void> {
    await this.load();
    const [newest = null] = [...this.sealing.values()].map(({ published }) => published);
    const { sealingAgeMaxMs = SEALING_AGE_MAX_MS } = this.parts;
    if (this.signing !== null && !isRotationDue(newest, nowMs, sealingAgeMaxMs)) return;
    const { command, stored } = await this.mint(nowMs, sealingAgeMaxMs);
    // Of several replicas one makes the key; the others are told that nothing is due any more.
    await this.run({ stream: KEY_STREAM, aggregate: 'key', subject: KEY_STREAM, facts: this.facts() }, () => ({
      command,
      alongside: (tx, recorded) =>
        storeVaultKeys(
          tx,
          stored,
          recorded.map(({ event }) => event),
        ),
    }));
    await this.load();
  }

  /** What may be sealed to at `nowMs`, newest first, each signed by the vault key. */
  list(nowMs: number): SealingKeys {
    if (this.signing === null) throw new Error('the vault has no signing key yet: run the bootstrap first');
    const published = [...this.sealing.values()].map((held) => held.published);
    return SealingKeysForm.parse({
      signingKey: vaultKeyOf(this.signing),
      keys: published.filter(({ notAfter }) => Date.parse(notAfter) > nowMs),
    });
  }

  /** The key pair of this id, also where another replica has just made it; null where there is none that is valid. */
  async find(keyId: string, nowMs: number): Promise<HpkeKeyPair | null> {
    if (!this.sealing.has(keyId)) await this.load();
    const held = this.sealing.get(keyId);
    return held !== undefined && nowMs <= endOf(held.published) ? held.pair : null;
  }

  /**
   * Opens a message that was sealed to the vault for this purpose and context. What does not open is refused, without a
   * word about why: `key.unknown` tells only what the key's id tells.
   */
  async open(
    message: SealedMessage,
    sealedFor: { readonly purpose: keyof typeof SEALED_FOR; readonly context: readonly string[] },
    nowMs: number,
  ): Promise<OpenedMessage | Refused> {
    const pair = await this.find(message.keyId, nowMs);
    if (pair === null) return unknownKey;
    try {
      const { purpose, context } = sealedFor;
      return { ok: true, ...openSealed(pair, message, { purpose: SEALED_FOR[purpose], context }) };
    } catch (error) {
      if (error instanceof DecryptionFailed) return unreadable;
      throw error;
    }
  }

  /** Deletes sealing keys whose time has passed, here and at rest. */
  async forgetEnded(nowMs: number): Promise<void> {
    await forgetSealingKeys(this.parts.database, nowMs - LIMITS.clockSkewMs);
    this.sealing = new Map([...this.sealing].filter(([, { published }]) => nowMs <= endOf(published)));
  }

  /** One at a time: a flood of unknown ids costs the database one question after the other. */
  private load(): Promise<void> {
    return (this.loading ??= this.takeIn().finally(() => (this.loading = null)));
  }

  private async takeIn(): Promise<void> {
    const stored = await loadVaultKeys(this.parts.database);
    const signing = stored.find(({ purpose }) => purpose === 'signing');
    if (signing === undefined) return;
    const signer = (this.signing ??= await this.unwrapped(signing, signingKey));
    const held = await Promise.all(
      stored
        .filter(({ purpose }) => purpose === 'sealing')
        .map(async (key): Promise<[string, HeldSealingKey]> => {
          const pair = this.sealing.get(key.keyId)?.pair ?? (await this.unwrapped(key, hpkeKeyPair));
          return [key.keyId, { pair, published: publish(key, pair, signer) }];
        }),
    );
    this.sealing = new Map(held);
  }

  private async mint(
    nowMs: number,
    sealingAgeMaxMs: number,
  ): Promise<{ command: ReplenishKeys; stored: readonly StoredVaultKey[] }> {
    const [signing, sealing] = await Promise.all([this.wrapped(signingKey), this.wrapped(hpkeKeyPair)]);
    const [notBefore, notAfter] = [new Date(nowMs), new Date(nowMs + SEALING_VALID_MS)].map((at) => at.toISOString());
    const times = { notBefore: notBefore as string, notAfter: notAfter as string };
    const publicKey = sealing.publicKey.toString('base64url');
    const command = {
      type: 'ReplenishKeys',
      signing: { keyId: signing.keyId, signingKey: vaultKeyOf(signing) },
      sealing: { keyId: sealing.keyId, publicKey, ...times },
      sealingAgeMaxMs,
    } as ReplenishKeys;
    return {
      command,
      stored: [
        { ...signing, purpose: 'signing', notBefore: null, notAfter: null },
        { ...sealing, purpose: 'sealing', ...times },
      ],
    };
  }

  /** A new key: its public half in the form of `of`, its private half wrapped. */
  private async wrapped(of: (bytes: Uint8Array) => { readonly publicKey: Uint8Array }) {
    const [keyId, key] = [uuidv7(), mintKey()];
    const wrapped = await this.parts.root.wrap({ workspace: SYSTEM_WORKSPACE, keyId }, key);
    return { keyId, publicKey: Buffer.from(inTheOpen(key, of).publicKey), wrapped };
  }

  private async unwrapped<T>({ keyId, wrapped }: StoredVaultKey, of: (bytes: Uint8Array) => T): Promise<T> {
    return inTheOpen(await this.parts.root.unwrap({ workspace: SYSTEM_WORKSPACE, keyId }, wrapped), of);
  }

  private facts() {
    const { principal } = this.parts;
    return { workspace: SYSTEM_WORKSPACE, principal, requestId: uuidv7(), detail: {} } as const;
  }
}

/** Hands out the bytes of a key for a moment. */
function inTheOpen<T>(key: ReturnType<typeof mintKey>, use: (bytes: Uint8Array) => T): T {
  const bytes = key.export();
  try {
    return use(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** The public key is the private one's, whatever stands in the table. */
function publish({ keyId, notBefore, notAfter }: StoredVaultKey, pair: HpkeKeyPair, signer: SigningKey): SealingKey {
  const publicKey = Buffer.from(pair.publicKey).toString('base64url');
  const statement = { keyId, publicKey, notBefore: notBefore as string, notAfter: notAfter as string };
  return signSealingKey(statement, signer) as SealingKey;
}

/** What was sealed at the last moment may take a little to arrive. */
const endOf = ({ notAfter }: SealingKey): number => Date.parse(notAfter) + LIMITS.clockSkewMs;

const unknownKey = refused(
  'key.unknown',
  'this was sealed to a key that the vault does not have, or no longer: fetch the keys again, then seal again',
);
const unreadable = refused(
  'request.malformed',
  'the sealed message does not open: it was sealed for another purpose or place, or has been changed',
);
