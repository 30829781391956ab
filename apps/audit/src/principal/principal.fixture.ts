/** Events about principals for specs, as a vault would write them. */
import { principalStream } from '@keytrail/contracts';
import type { MadeEvent, Said } from '../event/audit-event.fixture.js';
import { madeEvent } from '../event/audit-event.fixture.js';

export interface SomeRole {
  readonly role: string;
  /** The workspace that it is in; `_system` for all. */
  readonly workspace: string;
}

export function registered(principal: string, display: string, more: Said = {}): MadeEvent {
  return aboutPrincipal(principal, 'PrincipalRegistered', {
    data: { kind: 'user' },
    detail: { names: { display } },
    ...more,
  });
}

export function bound(principal: string, role: SomeRole, more: Said = {}): MadeEvent {
  return aboutPrincipal(principal, 'RoleBound', { data: role, ...more });
}

export function unbound(principal: string, role: SomeRole, more: Said = {}): MadeEvent {
  return aboutPrincipal(principal, 'RoleUnbound', { data: role, ...more });
}

export function aboutPrincipal(principal: string, name: string, more: Said = {}): MadeEvent {
  const stream = principalStream(principal);
  return madeEvent({ aggregate: 'principal', name, workspace: '_system', subject: principal, stream, ...more });
}
