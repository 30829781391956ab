/** Accesses for specs: as the vault writes them, and as the bus brings them. */
import { EventId, eventSubject, partsOf, Reference } from '@keytrail/contracts';
import { canonicalJson, mintPrincipal, uuidv7 } from '@keytrail/crypto';
import type { ProjectedEvent } from '@keytrail/postgres';
import type { LoggedAccess } from './recount.fixture.js';

/** An event of the vault's journal. */
export interface VaultEvent {
  readonly id: EventId;
  readonly workspace: string;
  readonly aggregate: string;
  readonly type: string;
  readonly body: Uint8Array;
  readonly salt: null;
  readonly detail: null;
}

const principal = mintPrincipal();

/** `more` stands in the body as it is. */
export function accessEvent({ reference, at }: LoggedAccess, more: Readonly<Record<string, unknown>> = {}): VaultEvent {
  const id = EventId.parse(uuidv7());
  const { workspace } = partsOf(Reference.parse(reference));
  const body = canonicalJson({
    specversion: '1.0',
    id,
    source: '/keytrail/vault',
    type: 'keytrail.access.SecretDecrypted.v1',
    subject: reference,
    time: new Date(at).toISOString(),
    workspace,
    stream: `access-${reference}`,
    principal,
    requestid: uuidv7(),
    detaildigest: '0'.repeat(64),
    data: { secretId: uuidv7(), version: 1 },
    ...more,
  });
  return {
    id,
    workspace,
    aggregate: 'access',
    type: 'SecretDecrypted',
    body: Buffer.from(body),
    salt: null,
    detail: null,
  };
}

/** The events as the bus brings them, `first` being the ordinal of the first. */
export function arrived(events: readonly VaultEvent[], first = 1): ProjectedEvent[] {
  return events.map(({ workspace, aggregate, type, body }, i) => ({
    ordinal: first + i,
    subject: eventSubject({ service: 'vault', workspace, aggregate, type }),
    body,
    detail: null,
    salt: null,
  }));
}
