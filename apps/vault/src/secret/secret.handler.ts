/** Carries out a change of a secret: seals what comes in, lets the rules decide, stores material and event together. */
import type {
  AddSecretVersionRequest,
  CreateSecretRequest,
  GenerateSecretVersionRequest,
  QuarantineSecretRequest,
  ReleaseSecretRequest,
  RequestId,
  RevokeSecretRequest,
  RpcReply,
  SecretDescription,
  SecretEvent,
  SecretId,
  TurnSecretRequest,
  WorkspaceSlug,
} from '@keytrail/contracts';
import { partsOf, secretStream, unreachable, workspaceStream } from '@keytrail/contracts';
import { fingerprint, randomText, sealVersion, type SecretBytes, sha256Hex, uuidv7 } from '@keytrail/crypto';
import { execute, type Gathered } from '@keytrail/eventsourcing';
import { factsOfChange, ok, refusal, refused, type RpcRequest } from '@keytrail/nats';
import type { DatabaseTransaction } from '@keytrail/postgres';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { KeyBudgetSpent, type Keyring, type WorkspaceKeys } from '../key/keyring.js';
import type { VaultKeys } from '../key/vault-keys.js';
import { ROOMS, type VaultJournal, type VaultStreams } from '../vault.ports.js';
import { storeVersion } from './sealed-version.store.js';
import type { SecretCommand, SecretState } from './secret.decider.js';
import { nextVersion, secretDecider } from './secret.decider.js';
import { quarantineTimes } from './quarantine-times.js';
import { openValue } from './secret.value.js';
import { describeSecret } from './secret.view.js';

/** What may be asked of a secret. */
export type SecretChange =
  ValueChange | { readonly verb: 'generate_version'; readonly request: GenerateSecretVersionRequest } | KeylessChange;

/** A change that needs no key, and must not wait for one: most of them take an access away. */
type KeylessChange =
  | { readonly verb: 'revoke'; readonly request: RevokeSecretRequest }
  | { readonly verb: 'disable' | 'enable' | 'delete' | 'undelete'; readonly request: TurnSecretRequest }
  | { readonly verb: 'quarantine'; readonly request: QuarantineSecretRequest }
  | { readonly verb: 'release'; readonly request: ReleaseSecretRequest };

/** A change that brings a value with it. */
type ValueChange =
  | { readonly verb: 'create'; readonly request: CreateSecretRequest }
  | { readonly verb: 'add_version'; readonly request: AddSecretVersionRequest };

const isKeyless = (change: SecretChange): change is KeylessChange =>
  !('generate' in change.request) && !('sealedValue' in change.request);

export class ChangeSecret extends Command<RpcReply<SecretDescription>> {
  constructor(
    readonly change: SecretChange,
    readonly rpc: RpcRequest,
  ) {
    super();
  }
}

type Gathering = Gathered<SecretCommand, SecretEvent, DatabaseTransaction>;

/** Of the vault's rooms, those that have a part in this. */
interface ChangeSecretRooms {
  readonly journal: VaultJournal;
  readonly keyring: Keyring;
  readonly vaultKeys: VaultKeys;
  readonly streams: VaultStreams;
}

@CommandHandler(ChangeSecret)
export class ChangeSecretHandler implements ICommandHandler<ChangeSecret> {
  private readonly run;

  constructor(@Inject(ROOMS) private readonly rooms: ChangeSecretRooms) {
    this.run = execute(secretDecider, rooms.journal);
  }

  async execute({ change, rpc }: ChangeSecret): Promise<RpcReply<SecretDescription>> {
    if (isKeyless(change)) return this.alter(change, rpc);
    const { workspace } = partsOf(change.request.reference);
    const keys = await this.rooms.keyring.of(workspace);
    if (keys === null) return refused('workspace.not_found', 'there is no such workspace: create it first');
    try {
      if (change.verb === 'generate_version') return await this.generate(change.request, rpc, { workspace, keys });
      return await this.store(change, rpc, { workspace, keys });
    } catch (error) {
      if (error instanceof KeyBudgetSpent) return refused('workspace.key_exhausted', error.message);
      throw error;
    }
  }

  private async alter({ verb, request }: KeylessChange, rpc: RpcRequest): Promise<RpcReply<SecretDescription>> {
    const { reason, ...asked } = request;
    const detail = reason === undefined ? {} : { text: reason };
    const facts = factsOfChange(rpc, { ...asked, ...detail }, detail);
    return this.carryOut(asked, facts, async () => ({
      command: await this.commandOf({ verb, request } as KeylessChange, rpc),
    }));
  }

  private async commandOf({ verb, request }: KeylessChange, rpc: RpcRequest): Promise<SecretCommand> {
    switch (verb) {
      case 'revoke':
        return { type: 'RevokeSecret' };
      case 'disable':
      case 'enable':
      case 'delete':
      case 'undelete':
        return { type: TURNS[verb] };
      case 'quarantine': {
        const { principal = null, ttlSeconds } = request;
        return { type: 'QuarantineSecret', principal, ...quarantineTimes(ttlSeconds, Date.now()) };
      }
      case 'release': {
        const { principal = null } = request;
        const { workspace } = partsOf(request.reference);
        const { state } = await this.rooms.streams.workspaces.current(workspaceStream(workspace));
        return { type: 'ReleaseSecret', principal, by: rpc.actor, byTwo: state.twoPersonRelease };
      }
      default:
        return unreachable(verb);
    }
  }

  private async store(
    { verb, request }: ValueChange,
    rpc: RpcRequest,
    sealing: Sealing,
  ): Promise<RpcReply<SecretDescription>> {
    const { sealedValue: _, ...said } = request;
    const opened = await openValue(this.rooms.vaultKeys, request, Date.now());
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
    {
      reference,
      expectedRevision,
    }: Pick<RevokeSecretRequest, 'reference'> & { readonly expectedRevision?: number | undefined },
    facts: ReturnType<typeof factsOfChange>,
    gather: (state: SecretState) => Gathering | Promise<Gathering>,
  ): Promise<RpcReply<SecretDescription>> {
    const target = { stream: secretStream(reference), aggregate: 'secret', subject: reference, facts };
    const outcome = await this.run({ ...target, ...(expectedRevision !== undefined && { expectedRevision }) }, gather);
    if (!outcome.ok) return refusal(outcome.rejection, 'secret.revision_conflict');
    return ok(describeSecret(reference, outcome.history, Date.now()) as SecretDescription);
  }
}

const TURNS = {
  disable: 'DisableSecret',
  enable: 'EnableSecret',
  delete: 'DeleteSecret',
  undelete: 'UndeleteSecret',
} as const;

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
