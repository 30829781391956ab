/** Carries out a change of a secret: seals what comes in, lets the rules decide, stores material and event together. */
import type {
  AddSecretVersionRequest,
  CreateSecretRequest,
  RevokeSecretRequest,
  RpcReply,
  SecretDescription,
  SecretEvent,
  SecretId,
  WorkspaceSlug,
} from '@keytrail/contracts';
import { isValueTooLarge, LIMITS, partsOf, secretStream } from '@keytrail/contracts';
import { fingerprint, sealVersion, type SecretBytes, sha256Hex, uuidv7 } from '@keytrail/crypto';
import { execute, type Gathered } from '@keytrail/eventsourcing';
import { ok, refused, type RpcRequest } from '@keytrail/nats';
import type { DatabaseTransaction } from '@keytrail/postgres';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { KeyBudgetSpent, Keyring, type WorkspaceKeys } from '../key/keyring.js';
import { refusal } from '../refusal.js';
import { factsOfChange } from '../request-facts.js';
import { JOURNAL, type VaultJournal } from '../vault.ports.js';
import { storeVersion } from './sealed-version.store.js';
import type { SecretCommand, SecretState } from './secret.decider.js';
import { nextVersion, secretDecider } from './secret.decider.js';
import { valueBytes } from './secret.value.js';
import { describeSecret } from './secret.view.js';

/** What may be asked of a secret. */
export type SecretChange =
  | { readonly verb: 'create'; readonly request: CreateSecretRequest }
  | { readonly verb: 'add_version'; readonly request: AddSecretVersionRequest }
  | { readonly verb: 'revoke'; readonly request: RevokeSecretRequest };

export class ChangeSecret extends Command<RpcReply<SecretDescription>> {
  constructor(
    readonly change: SecretChange,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

type Gathering = Gathered<SecretCommand, SecretEvent, DatabaseTransaction>;

@CommandHandler(ChangeSecret)
export class ChangeSecretHandler implements ICommandHandler<ChangeSecret> {
  private readonly run;

  constructor(
    @Inject(JOURNAL) journal: VaultJournal,
    private readonly keyring: Keyring,
  ) {
    this.run = execute(secretDecider, journal);
  }

  async execute({ change, rpc }: ChangeSecret): Promise<RpcReply<SecretDescription>> {
    if (change.verb === 'revoke') return this.revoke(change.request, rpc);
    const { workspace } = partsOf(change.request.reference);
    const keys = await this.keyring.of(workspace);
    if (keys === null) return refused('workspace.not_found', 'there is no such workspace: create it first');
    if (isValueTooLarge(change.request.value)) {
      return refused('request.too_large', `a value has at most ${LIMITS.secretValueBytes} bytes`);
    }
    const value = valueBytes(change.request.value);
    try {
      return await this.addValue(change, rpc, { workspace, keys, value });
    } catch (error) {
      if (error instanceof KeyBudgetSpent) return refused('workspace.key_exhausted', error.message);
      throw error;
    } finally {
      value.destroy();
    }
  }

  /** Taking an access away needs no key, and must not wait for one. */
  private revoke({ reason, ...request }: RevokeSecretRequest, rpc: RpcRequest): Promise<RpcReply<SecretDescription>> {
    const detail = reason === undefined ? {} : { text: reason };
    return this.carryOut(request, factsOfChange(rpc, { ...request, ...detail }, detail), () => ({
      command: { type: 'RevokeSecret' },
    }));
  }

  private addValue(
    { verb, request }: Exclude<SecretChange, { verb: 'revoke' }>,
    rpc: RpcRequest,
    sealing: { readonly workspace: WorkspaceSlug; readonly keys: WorkspaceKeys; readonly value: SecretBytes },
  ): Promise<RpcReply<SecretDescription>> {
    const { value: _, ...said } = request;
    const print = fingerprint(sealing.keys.fingerprint, sealing.value.bytes);
    const facts = factsOfChange(rpc, { ...said, fingerprint: print }, {});
    return this.carryOut(said, facts, (state) => {
      const secretId = state.exists ? state.secretId : (uuidv7() as SecretId);
      const { version, alongside } = sealedVersion({ ...sealing, secretId, version: nextVersion(state) });
      const { expiresAt } = request;
      const versionFacts = { ...version, fingerprint: print, ...(expiresAt !== undefined && { expiresAt }) };
      const command: SecretCommand =
        verb === 'create'
          ? { type: 'CreateSecret', secretId, version: versionFacts }
          : { type: 'AddSecretVersion', version: versionFacts };
      return { command, alongside };
    });
  }

  private async carryOut(
    { reference, expectedRevision }: Pick<RevokeSecretRequest, 'reference' | 'expectedRevision'>,
    facts: ReturnType<typeof factsOfChange>,
    gather: (state: SecretState) => Gathering,
  ): Promise<RpcReply<SecretDescription>> {
    const target = { stream: secretStream(reference), aggregate: 'secret', subject: reference, facts };
    const outcome = await this.run({ ...target, ...(expectedRevision !== undefined && { expectedRevision }) }, gather);
    if (!outcome.ok) return refusal(outcome.rejection, 'secret.revision_conflict');
    return ok(describeSecret(reference, outcome.history) as SecretDescription);
  }
}

interface Sealing {
  readonly workspace: WorkspaceSlug;
  readonly keys: WorkspaceKeys;
  readonly value: SecretBytes;
  readonly secretId: SecretId;
  readonly version: number;
}

/** What the event says of the version, and the rows that stand or fall with it. */
function sealedVersion({ workspace, keys, value, secretId, version }: Sealing) {
  const context = { workspace, secret: secretId, version };
  const sealed = sealVersion({ kek: keys.kek, context, plaintext: value.bytes });
  const keyId = keys.kek.id;
  return {
    version: { version, ciphertextDigest: sha256Hex(sealed.ciphertext), keyId },
    alongside: (tx: DatabaseTransaction) => storeVersion(tx, { ...sealed, workspace, secretId, version, keyId }),
  };
}
