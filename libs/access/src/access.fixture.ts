/** Somebody who asks, a workspace to ask in, and a question, for the specs of what is decided. */
import {
  type GrantFacts,
  GrantGivenData,
  type PolicyName,
  type Principal,
  Reference,
  type RoleBinding,
  SYSTEM_WORKSPACE,
  type Workspace,
} from '@keytrail/contracts';
import type { Circumstances } from './circumstances.js';
import type { AccessFacts, Question } from './decisions.js';
import type { RegisteredPrincipal } from './principal.view.js';
import { NO_WORKSPACE, type PublishedPolicy, type WorkspaceState } from './workspace.view.js';

export const ada = 'a'.repeat(26) as Principal;
export const acme = 'acme' as Workspace;
export const globex = 'globex' as Workspace;
export const system: Workspace = SYSTEM_WORKSPACE;
export const prod = Reference.parse('tenant.acme.openai.prod');
/** A Monday. */
export const noonMs = Date.parse('2026-06-01T12:00:00.000Z');
export const at = (ms: number): string => new Date(ms).toISOString();

export const somebody = (facts: Partial<RegisteredPrincipal> = {}): RegisteredPrincipal => ({
  exists: true,
  kind: 'user',
  nkey: null,
  suspended: false,
  quarantine: null,
  roles: [],
  grants: [],
  tokens: [],
  ...facts,
});

export const having = (role: RoleBinding['role'], workspace: Workspace = acme): RegisteredPrincipal =>
  somebody({ roles: [{ role, workspace }] });

let grants = 0;

/** Each has an id of its own, as those that are given do. */
export const grantOf = (facts: object = {}): GrantFacts =>
  GrantGivenData.parse({
    grantId: `01890000-0000-7000-8000-${String(++grants).padStart(12, '0')}`,
    pattern: 'tenant.acme.*.*',
    permissions: ['secret.decrypt'],
    ...facts,
  });

export const policy = (source: string, name = 'rule', version = 1): PublishedPolicy => ({
  name: name as PolicyName,
  version,
  source,
});

/** `policies` by their sources. */
export const room = (state: Partial<WorkspaceState> = {}, ...policies: readonly string[]): WorkspaceState => ({
  ...NO_WORKSPACE,
  exists: true,
  policies: policies.map((source, i) => policy(source, `rule-${i}`)),
  ...state,
});

export const factsOf = (facts: Partial<AccessFacts> = {}): AccessFacts => ({
  principal: ada,
  principalState: somebody(),
  principalRevision: 1,
  workspace: acme,
  workspaceState: room(),
  workspaceRevision: 1,
  ...facts,
});

/** At noon, whether a secret may be decrypted, where nothing else is said. */
export function asked(
  { permission = 'secret.decrypt', reference = prod }: Partial<Pick<Question, 'permission' | 'reference'>> = {},
  circumstances: Partial<Circumstances> = {},
): Question {
  return { permission, reference, circumstances: { nowMs: noonMs, ...circumstances } };
}
