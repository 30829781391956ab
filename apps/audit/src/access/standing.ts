/** Who may what, folded from what the audit has taken in of the streams of principals and workspaces. */
import { evolvePrincipal, evolveWorkspace, NO_PRINCIPAL, NO_WORKSPACE } from '@keytrail/access';
import type { PrincipalState, WorkspaceState } from '@keytrail/access';
import type { EventBody, EventType, PrincipalEvent, WorkspaceEvent } from '@keytrail/contracts';
import { cloudEventType, EVENTS, partsOfType } from '@keytrail/contracts';

/** An event of such a stream; `subject` is the principal or the workspace. */
export interface StreamEvent {
  readonly subject: string;
  readonly type: string;
  readonly details: EventBody['data'];
}

/** `revision`: so many events of the stream have been taken in. */
export interface Folded<S> {
  readonly state: S;
  readonly revision: number;
}

/** The events are in their order. */
export function principalIn(events: readonly StreamEvent[]): Folded<PrincipalState> {
  const told = events.flatMap((event) => readAs(event, 'principal') as readonly PrincipalEvent[]);
  return { state: told.reduce<PrincipalState>(evolvePrincipal, NO_PRINCIPAL), revision: events.length };
}

/** The events are in their order. */
export function workspaceIn(events: readonly StreamEvent[]): Folded<WorkspaceState> {
  const told = events.flatMap((event) => readAs(event, 'workspace') as readonly WorkspaceEvent[]);
  return { state: told.reduce<WorkspaceState>(evolveWorkspace, NO_WORKSPACE), revision: events.length };
}

/** None for an event that this version does not know, or that does not say what it should. */
function readAs({ type, details }: StreamEvent, aggregate: 'principal' | 'workspace') {
  const { name } = partsOfType(type);
  const declared = Object.hasOwn(EVENTS, name) ? EVENTS[name as EventType] : undefined;
  if (declared?.aggregate !== aggregate || cloudEventType(aggregate, name) !== type) return [];
  const { data } = declared.data.safeParse(details);
  return data === undefined ? [] : [{ type: name as EventType, data }];
}
