/** What the API says of decisions: whether somebody may do something, and what it follows from. */
import { Explanation, ExplainRequest, Workspace } from '@keytrail/contracts';
import { route } from '../http/route-declaration.js';
import { REFERENCE, SERVICE_PRINCIPAL, WORKSPACE } from '../story.js';
import { explanation } from './access.story.js';

const { circumstances, workspace } = explanation.facts;
const longAgo = '2020-01-01T00:00:00.000Z';

export const explainAccess = route({
  id: 'explainAccess',
  method: 'POST',
  path: '/api/v1/access/explain',
  tag: 'Access',
  summary:
    'Tell whether somebody may do something, or might have at a moment of the past, and why; nothing is released',
  body: ExplainRequest.extend({ workspace: Workspace }),
  answer: Explanation,
  codes: ['journal.unavailable'],
  examples: {
    now: {
      summary: 'Whether a service obtains a key, from where it asks and for what',
      body: {
        workspace: WORKSPACE,
        principal: SERVICE_PRINCIPAL,
        permission: 'secret.decrypt',
        reference: REFERENCE,
        ip: circumstances.ip,
        purpose: circumstances.purpose,
      },
      answer: explanation,
    },
    before: {
      summary: 'Whether it did before anybody knew of it',
      body: {
        workspace: WORKSPACE,
        principal: SERVICE_PRINCIPAL,
        permission: 'secret.decrypt',
        reference: REFERENCE,
        asOf: longAgo,
      },
      answer: {
        allowed: false,
        reason: 'principal.not_permitted',
        message: 'No role and no grant of the caller permits it.',
        asOf: longAgo,
        decidedBy: [],
        facts: {
          principal: null,
          workspace: { ...workspace, exists: false, policies: [], revision: 0 },
          secret: null,
          circumstances: { now: longAgo, ip: null, purpose: null },
        },
      },
    },
    nobody: {
      summary: 'A principal that is none',
      body: { workspace: WORKSPACE, principal: 'billing', permission: 'secret.decrypt', reference: REFERENCE },
      refusal: { code: 'request.malformed', detail: 'principal is not a principal: 26 of a-z and 0-9' },
    },
  },
});
