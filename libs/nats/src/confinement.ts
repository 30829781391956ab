/** What a request may read: the workspace in its subject says in whose name it is asked. */
import type { RpcAddress, RpcReply, Workspace } from '@keytrail/contracts';
import { SYSTEM_WORKSPACE } from '@keytrail/contracts';
import { refused } from './answer.js';

/** The one workspace that a request may read; undefined for those below the system's token, which read any. */
export function confinedTo({ workspace }: RpcAddress): Workspace | undefined {
  return workspace === SYSTEM_WORKSPACE ? undefined : workspace;
}

/** What a list is asked about, undefined being all workspaces; null where that reaches beyond the request's bounds. */
export function boundsOf(
  address: RpcAddress,
  asked: Workspace | undefined,
): { readonly workspace: Workspace | undefined } | null {
  const confined = confinedTo(address);
  if (confined !== undefined && asked !== undefined && asked !== confined) return null;
  return { workspace: asked ?? confined };
}

/** The answer to a request that reaches beyond it. */
export const outOfBounds = (): RpcReply<never> =>
  refused('access.denied', 'the request is about another workspace than the one in whose name it is asked');

export const notACursor = (): RpcReply<never> =>
  refused('request.malformed', 'cursor is not one of an earlier page: begin without one');
