/** Whether a caller may ask this: judged before anybody is asked, so that a refusal tells nothing of what exists. */
import { permits, SYSTEM_WORKSPACE, type Operation, type Workspace } from '@keytrail/contracts';
import { callerIn, type Call } from '../http/call.js';
import { Refusal } from '../http/problem.js';
import type { RouteDeclaration } from '../http/route-declaration.js';

/** Throws a `Refusal` that names the permission that is missing. */
export function refuseUnlessPermitted(
  call: Call<RouteDeclaration>,
  operation: Operation & { readonly workspace: Workspace },
): void {
  const { roles, scopes } = callerIn(call);
  const { workspace } = operation;
  if (permits({ roles, ...(scopes && { scopes }) }, operation, workspace)) return;
  const name = `${operation.service}.${operation.aggregate}.${operation.verb}`;
  if (permits({ roles }, operation, workspace))
    throw new Refusal('access.denied', `the scopes of this token do not permit ${name}: use another one`);
  const where = workspace === SYSTEM_WORKSPACE ? 'in all workspaces at once' : `in the workspace ${workspace}`;
  const next =
    workspace === SYSTEM_WORKSPACE && 'workspace' in call.route.query.shape
      ? 'name one by ?workspace='
      : 'ask an administrator for a role that does';
  throw new Refusal('access.denied', `your roles do not permit ${name} ${where}: ${next}`);
}
