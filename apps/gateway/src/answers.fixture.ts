/** How the stand-ins behind the gateway answer each operation, unless a test says otherwise. */
import type { RpcReply } from '@keytrail/contracts';
import { explanation, grant, policy, whatIfChange, whatIfSummary } from './access/access.story.js';
import {
  completedRun,
  finding,
  issuedToken,
  parkedMessage,
  rotationPolicy,
  secretDescription,
  secretSecurity,
  servicePrincipal,
  serviceToken,
  workspaceDescription,
} from './story.js';

export type Reply = (body?: unknown) => RpcReply | Promise<RpcReply>;

const answering =
  (value: unknown): Reply =>
  () => ({ ok: true, value });

const pageOf = (item: unknown): Reply => answering({ items: [item], nextCursor: 'next' });

export const description = { ...secretDescription, revision: 7 };

const usage = {
  reference: secretDescription.reference,
  lastUsedAt: null,
  lastUsedBy: null,
  decrypted: 0,
  denied: 0,
  accessAnomalyDetectedAt: null,
  items: [],
};

/** The one page of which the example of what-if is made. */
export const whatIfPage = {
  changes: [whatIfChange],
  examined: whatIfSummary.examined,
  upTo: whatIfSummary.upTo,
  nextCursor: null,
};

const workspaceOf = answering(workspaceDescription);
const secretOf = answering(description);
const principalOf = answering(servicePrincipal);
const grantOf = answering(grant);
const policyOf = answering(policy);

export const ANSWERS = {
  'workspace.create': workspaceOf,
  'workspace.get': workspaceOf,
  'workspace.configure': workspaceOf,
  'secret.create': secretOf,
  'secret.get': secretOf,
  'secret.add_version': secretOf,
  'secret.revoke': secretOf,
  'secret.disable': secretOf,
  'secret.enable': secretOf,
  'secret.delete': secretOf,
  'secret.undelete': secretOf,
  'secret.quarantine': secretOf,
  'secret.release': secretOf,
  'principal.register': principalOf,
  'principal.list': pageOf(servicePrincipal),
  'principal.get': principalOf,
  'principal.suspend': principalOf,
  'principal.quarantine': principalOf,
  'principal.release': principalOf,
  'principal.bind_role': principalOf,
  'principal.unbind_role': principalOf,
  'token.issue': answering(issuedToken),
  'token.list': answering({ items: [serviceToken] }),
  'token.revoke': answering(serviceToken),
  'grant.give': grantOf,
  'grant.list': pageOf(grant),
  'grant.withdraw': grantOf,
  'policy.publish': policyOf,
  'policy.list': answering({ items: [policy] }),
  'policy.get': policyOf,
  'policy.withdraw': policyOf,
  'policy.check': answering({ publishable: true, statements: [], issues: [] }),
  'access.explain': answering(explanation),
  'access.what_if': answering(whatIfPage),
  'event.list': answering({ items: [], nextCursor: null }),
  'usage.get': answering(usage),
  'usage.summary': pageOf(secretSecurity),
  'rotation.set_policy': answering(rotationPolicy),
  'rotation.get_policy': answering(rotationPolicy),
  'rotation.delete_policy': answering({}),
  'rotation.list_policies': pageOf(rotationPolicy),
  'rotation.list_due': pageOf(rotationPolicy),
  'rotation.start': answering(completedRun),
  'rotation.list_runs': pageOf(completedRun),
  'rotation.get_run': answering(completedRun),
  'finding.list': pageOf(finding),
  'finding.get': answering(finding),
  'parked.list': pageOf(parkedMessage),
  'parked.replay': answering({ replayed: 1, remaining: 0 }),
} satisfies Record<string, Reply>;

export type Operation = keyof typeof ANSWERS;

/** The vault lets everything pass. */
export const permitting = answering({});
