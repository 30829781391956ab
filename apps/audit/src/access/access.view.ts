/** Attempts to obtain a secret, as the events tell of them: what counts of one where it is decided anew. */
import type { AuditEntry, EventId, Principal, Reference, Service, Workspace } from '@keytrail/contracts';
import { cloudEventType, partsOf } from '@keytrail/contracts';
import { countOf } from '../usage/secret-usage.view.js';

/** What the audit keeps of an event, as far as it matters here; most are accesses, and some are anything else. */
export interface KeptEvent extends Pick<AuditEntry, 'time' | 'type' | 'ip' | 'purpose'> {
  readonly service: Service;
  readonly ordinal: number;
  readonly id: EventId | null;
  readonly principal: Principal | null;
  readonly reference: Reference | null;
  /** How many attempts it says to stand for. */
  readonly count: unknown;
}

/** So many attempts by one principal on one secret; ip and purpose are null where nobody knows them, or any longer. */
export interface Access {
  readonly eventId: EventId;
  readonly time: string;
  readonly principal: Principal;
  readonly reference: Reference;
  readonly accesses: number;
  readonly ip: string | null;
  readonly purpose: string | null;
}

const DECRYPTED = cloudEventType('access', 'SecretDecrypted');
const DENIED = cloudEventType('access', 'SecretAccessDenied');

/** Null for what is no access in the workspace, or was to more than one secret. */
export function accessIn(event: KeptEvent, workspace: Workspace): Access | null {
  const { service, type, id, time, principal, reference, ip, purpose } = event;
  if (service !== 'vault' || (type !== DECRYPTED && type !== DENIED)) return null;
  if (id === null || principal === null || reference === null) return null;
  if (partsOf(reference).workspace !== workspace) return null;
  const accesses = type === DECRYPTED ? 1 : countOf(event.count);
  return { eventId: id, time, principal, reference, accesses, ip, purpose };
}
