/** Who is behind a principal: what events say of names, kinds and roles. */
import type { EventType } from '@keytrail/contracts';
import { cloudEventType, DisplayName, Principal, Workspace } from '@keytrail/contracts';
import { z } from 'zod';
import type { Reading } from '../event/audit-event.view.js';

export interface Registration {
  readonly principal: Principal;
  readonly kind: string;
  /** Null once it has been erased, or where it is not fit to be shown. */
  readonly displayName: string | null;
}

/** From here on somebody has a role, or has it no longer: in one workspace or, with `_system`, in all of them. */
export interface RoleChange {
  readonly principal: Principal;
  readonly workspace: Workspace;
  readonly role: string;
  /** RFC 3339; among equal times the ordinal tells which came first. */
  readonly time: string;
  readonly ordinal: number;
  readonly bound: boolean;
}

export interface PrincipalChanges {
  readonly registrations: readonly Registration[];
  readonly roleChanges: readonly RoleChange[];
}

/** In whichever order the events come, together they say the same. */
export function principalsIn(readings: readonly Reading[]): PrincipalChanges {
  return { registrations: readings.flatMap(registrationIn), roleChanges: readings.flatMap(roleChangeIn) };
}

/** A later version of the vault may know further kinds and roles. */
const Word = z.string().regex(/^[a-z_]{1,40}$/);
const Registered = z.object({ kind: Word });
const Changed = z.object({ role: Word, workspace: Workspace });

function registrationIn(reading: Reading): readonly Registration[] {
  const principal = principalIn(reading, 'PrincipalRegistered');
  const { data } = Registered.safeParse(reading.facts.details);
  if (principal === null || data === undefined) return [];
  return [{ principal, kind: data.kind, displayName: DisplayName.safeParse(reading.names['display']).data ?? null }];
}

function roleChangeIn(reading: Reading): readonly RoleChange[] {
  const bound = principalIn(reading, 'RoleBound');
  const principal = bound ?? principalIn(reading, 'RoleUnbound');
  const { data } = Changed.safeParse(reading.facts.details);
  if (principal === null || data === undefined) return [];
  const { time, ordinal } = reading.facts;
  return [{ principal, ...data, time, ordinal, bound: bound !== null }];
}

/** Whom an event of that name is about. Only the vault knows, so the word of other services does not count. */
function principalIn({ facts }: Reading, name: EventType): Principal | null {
  if (facts.service !== 'vault' || facts.type !== cloudEventType('principal', name)) return null;
  return Principal.safeParse(facts.subject).data ?? null;
}
