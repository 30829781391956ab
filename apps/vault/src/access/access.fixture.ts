/** A vault with a workspace, secrets of it, and what its journal tells of denials. */
import type { EventBody, Reference, RpcReply } from '@keytrail/contracts';
import { DENIAL_STREAM, partsOf } from '@keytrail/contracts';
import { afterAll, beforeAll } from '@jest/globals';
import { type Asker, codeOf } from '../caller.fixture.js';
import { eventsOf } from '../event.fixture.js';
import { openVaultFixture, type VaultFixture } from '../vault.fixture.js';

/** A denial as its event tells it. */
export type ToldDenial = EventBody['data'] & {
  readonly count: number;
  readonly secretId?: string;
  readonly version?: number;
  /** Only of what was denied under no secret's name. */
  readonly subject?: string;
};

export interface AccessStage {
  readonly vault: VaultFixture;
  /** Stores a secret of `acme`, or of another workspace that exists, and answers its reference. */
  secret(workspace?: string): Promise<string>;
  /** The code with which a decrypt is answered. */
  obtain(asker: Asker, reference: string, more?: object): Promise<string>;
  /** What the journal tells of denied attempts on a secret. */
  denialsOf(reference: string): Promise<readonly ToldDenial[]>;
  /** What it tells of values that were denied to somebody under no secret's name. */
  accessesDeniedTo(asker: Asker): Promise<readonly ToldDenial[]>;
  /** What it tells of what else was denied to somebody. */
  operationsDeniedTo(asker: Asker): Promise<readonly ToldDenial[]>;
}

/** Opened before the tests of a file and closed behind them; `acme` and `globex` exist, and are strict. */
export function accessStage(): AccessStage {
  const stage = { vault: null as unknown as VaultFixture };
  let secrets = 0;
  beforeAll(async () => {
    stage.vault = await openVaultFixture();
    for (const slug of ['acme', 'globex'])
      await done(ask(inside(slug, stage.vault.admin), 'workspace.create', { slug }));
  });
  afterAll(async () => stage.vault?.close());
  return Object.assign(stage, {
    secret: async (workspace = 'acme') => {
      const reference = `tenant.${workspace}.openai.key_${++secrets}`;
      const sealedValue = await stage.vault.seal(reference, 'the value');
      await done(ask(inside(workspace, stage.vault.admin), 'secret.create', { reference, sealedValue }));
      return reference;
    },
    obtain: async (asker: Asker, reference: string, more: object = {}) =>
      codeOf(
        await ask(inside(partsOf(reference as Reference).workspace, asker), 'secret.decrypt', { reference, ...more }),
      ),
    denialsOf: async (reference: string) =>
      (await eventsOf(stage.vault.database, `secret-${reference}`))
        .filter(({ type }) => type === 'SecretAccessDenied')
        .map(({ body }) => body.data as ToldDenial),
    accessesDeniedTo: (asker: Asker) => deniedTo(stage.vault, asker, 'SecretAccessDenied'),
    operationsDeniedTo: (asker: Asker) => deniedTo(stage.vault, asker, 'OperationDenied'),
  });
}

const deniedTo = async ({ database }: VaultFixture, { principal }: Asker, of: string) =>
  (await eventsOf(database, DENIAL_STREAM))
    .filter(({ type, body }) => type === of && body.principal === principal)
    .map(({ body }) => ({ ...body.data, subject: body.subject }) as ToldDenial);

/** Asks in `acme`, unless the asker is inside another workspace. */
export const ask = <T>(asker: Asker, operation: string, body: object): Promise<RpcReply<T>> =>
  asker.ask(operation, body, { workspace: 'acme' }) as Promise<RpcReply<T>>;

/** The same one, asking in another workspace. */
export const inside = (workspace: string, { principal, ask: asked }: Asker): Asker => ({
  principal,
  ask: (operation, body, rest) => asked(operation, body, { ...rest, workspace }),
});

/** The value of a reply that must not be a refusal. */
export async function done<T>(asked: Promise<RpcReply<T>>): Promise<T> {
  const reply = await asked;
  if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`);
  return reply.value;
}
