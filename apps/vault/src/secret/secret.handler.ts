/** Carries out a change of a secret: seals what comes in, lets the rules decide, stores material and event together. */
import type {
  AddSecretVersionRequest,
  CreateSecretRequest,
  GenerateSecretVersionRequest,
  RequestId,
  RevokeSecretRequest,
  RpcReply,
  SecretDescription,
  SecretEvent,
  SecretId,
  WorkspaceSlug,
} from '@keytrail/contracts';
import { partsOf, secretStream } from '@keytrail/contracts';
import { fingerprint, randomText, sealVersion, type SecretBytes, sha256Hex, uuidv7 } from '@keytrail/crypto';
import { execute, type Gathered } from '@keytrail/eventsourcing';
import { factsOfChange, ok, refusal, refused, type RpcRequest } from '@keytrail/nats';
import type { DatabaseTransaction } from '@keytrail/postgres';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { KeyBudgetSpent, Keyring, type WorkspaceKeys } from '../key/keyring.js';
import { VaultKeys } from '../key/vault-keys.js';
import { JOURNAL, type VaultJournal } from '../vault.ports.js';
import { storeVersion } from './sealed-version.store.js';
import type { SecretCommand, SecretState } from './secret.decider.js';
import { nextVersion, secretDecider } from './secret.decider.js';
import { openValue } from './secret.value.js';
import { describeSecret } from './secret.view.js';

/** What may be asked of a secret. */
export type SecretChange =
  | ValueChange
  | { readonly verb: 'generate_version'; readonly request: GenerateSecretVersionRequest }
  | { readonly verb: 'revoke'; readonly request: RevokeSecretRequest };

/** A change that brings a value with it. */
type ValueChange =
  | { readonly verb: 'create'; readonly request: CreateSecretRequest }
  | { readonly verb: 'add_version'; readonly request: AddSecretVersionRequest };

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
    private readonly vaultKeys: VaultKeys,
  ) {
    this.run = execute(secretDecider, journal);
  }

  async execute({ change, rpc }: ChangeSecret): Promise<RpcReply<SecretDescription>> {
    if (change.verb === 'revoke') return this.revoke(change.request, rpc);
    const { workspace } = partsOf(change.request.reference);
    const keys = await this.keyring.of(workspace);
    if (keys === null) return refused('workspace.not_found', 'there is no such workspace: create it first');
    try {
      if (change.verb === 'generate_version') return await this.generate(change.request, rpc, { workspace, keys });
      return await this.store(change, rpc, { workspace, keys });
    } catch (error) {
      if (error instanceof KeyBudgetSpent) return refused('workspace.key_exhausted', error.message);
      throw error;
    }
  }

  /** Taking an access away needs no key, and must not wait for one. */
  private revoke({ reason, ...request }: RevokeSecretRequest, rpc: RpcRequest): Promise<RpcReply<SecretDescription>> {
    const detail = reason === undefined ? {} : { text: reason };
    return this.carryOut(request, factsOfChange(rpc, { ...request, ...detail }, detail), () => ({
      command: { type: 'RevokeSecret' },
    }));
  }

  private async store(
    { verb, request }: ValueChange,
    rpc: RpcRequest,
    sealing: Sealing,
  ): Promise<RpcReply<SecretDescription>> {
    const { sealedValue: _, ...said } = request;
    const opened = await openValue(this.vaultKeys, request, Date.now());
    if (!opened.ok) return opened;
    using value = opened.value;
    const print = fingerprint(sealing.keys.fingerprint, value.bytes);
    const facts = factsOfChange(rpc, { ...said, fingerprint: print }, {});
    return await this.carryOut(said, facts, (state) => {
      const { secretId, version, alongside } = sealedVersion(sealing, value, state);
      const { expiresAt } = request;
      const versionFacts = { ...version, ...(expiresAt !== undefined && { expiresAt }) };
      const command: SecretCommand =
        verb === 'create'
          ? { type: 'CreateSecret', secretId, version: versionFacts }
          : { type: 'AddSecretVersion', version: versionFacts };
      return { command, alongside };
    });
  }

  /**
   * The request alone is the change's meaning, for each attempt makes another value; and its rotation is its identity.
   */
  private generate(
    request: GenerateSecretVersionRequest,
    rpc: RpcRequest,
    sealing: Sealing,
  ): Promise<RpcReply<SecretDescription>> {
    const { rotationId, generate } = request;
    const facts = factsOfChange({ ...rpc, commandId: rotationId as string as RequestId }, request, {});
    return this.carryOut(request, facts, (state) => {
      using value = randomText(generate.length, generate.alphabet);
      const { version, alongside } = sealedVersion(sealing, value, state);
      return { command: { type: 'RotateSecret', version, rotationId }, alongside };
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
}

/** What the event says of the next version, and the rows that stand or fall with it. */
function sealedVersion({ workspace, keys }: Sealing, { bytes: plaintext }: SecretBytes, state: SecretState) {
  const secretId = state.exists ? state.secretId : (uuidv7() as SecretId);
  const version = nextVersion(state);
  const sealed = sealVersion({ kek: keys.kek, context: { workspace, secret: secretId, version }, plaintext });
  const keyId = keys.kek.id;
  return {
    secretId,
    version: {
      version,
      fingerprint: fingerprint(keys.fingerprint, plaintext),
      ciphertextDigest: sha256Hex(sealed.ciphertext),
      keyId,
    },
    alongside: (tx: DatabaseTransaction) => storeVersion(tx, { ...sealed, workspace, secretId, version, keyId }),
  };
}
