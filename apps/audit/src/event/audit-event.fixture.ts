/** Events for specs, as a vault would write them. */
import type { EventDetail } from '@keytrail/contracts';
import { cloudEventType, EventId, eventSubject } from '@keytrail/contracts';
import { canonicalJson, mintPrincipal, randomBytes, sha256Hex, uuidv7 } from '@keytrail/crypto';
import type { Actor, ArrivedEvent } from './audit-event.view.js';

/** What a spec wants an event to say; the rest is filled in. Further keys stand in the body as they are. */
export interface Said {
  readonly aggregate?: string;
  readonly name?: string;
  readonly workspace?: string;
  readonly detail?: EventDetail;
  readonly [key: string]: unknown;
}

export interface MadeEvent {
  readonly id: EventId;
  readonly workspace: string;
  readonly aggregate: string;
  readonly type: string;
  readonly body: Uint8Array;
  readonly salt: Uint8Array;
  readonly detail: Uint8Array;
}

export const REFERENCE = 'tenant.acme.openai.prod';

export const UNKNOWN_ACTOR: Actor = { actor: null, actorKind: null, actorRole: null };

/** By default a decrypt of {@link REFERENCE}. */
export function madeEvent(said: Said = {}): MadeEvent {
  const {
    aggregate = 'access',
    name: type = 'SecretDecrypted',
    workspace = 'acme',
    detail: toldDetail = {},
    ...more
  } = said;
  const id = EventId.parse(uuidv7());
  const salt = randomBytes(16);
  const detail = Buffer.from(canonicalJson(toldDetail));
  const body = {
    specversion: '1.0',
    id,
    source: '/keytrail/vault',
    type: cloudEventType(aggregate, type),
    subject: REFERENCE,
    time: '2026-03-01T12:00:00.000Z',
    workspace,
    stream: `access-${REFERENCE}`,
    principal: mintPrincipal(),
    requestid: uuidv7(),
    detaildigest: sha256Hex(Buffer.concat([salt, detail])),
    data: { secretId: uuidv7(), version: 1 },
    ...more,
  };
  return { id, workspace, aggregate, type, body: Buffer.from(canonicalJson(body)), salt, detail };
}

/** The event as the bus brings it. */
export function arrived(made: MadeEvent, ordinal = 1): ArrivedEvent {
  const { workspace, aggregate, type, body, salt, detail } = made;
  const subject = eventSubject({ service: 'vault', workspace, aggregate, type });
  return { service: 'vault', ordinal, subject, body, salt, detail };
}
