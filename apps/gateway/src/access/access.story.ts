/** What the story tells of who may what in acme: a grant, a policy, and what came of them. */
import type { Explanation, GrantDescription, PolicyDescription, WhatIfChange } from '@keytrail/contracts';
import type { z } from 'zod';
import { accessEntry, ADMIN_PRINCIPAL, REFERENCE, SERVICE_PRINCIPAL, STORED_AT, WORKSPACE } from '../story.js';
import type { WhatIfSummary } from './what-if.lines.js';

export const grant = {
  grantId: '019c13ee-73c0-7f60-9b12-8d3c5e7a1f04',
  principal: SERVICE_PRINCIPAL,
  pattern: 'tenant.acme.openai.*',
  permissions: ['secret.decrypt'],
  expiresAt: '2099-12-31T23:59:59.999Z',
  purposes: ['nightly summary'],
  networks: ['192.0.2.0/24'],
  hours: { from: '22:00', to: '06:00', days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'] },
  status: 'active',
  givenBy: ADMIN_PRINCIPAL,
  givenAt: STORED_AT,
  eventId: '019c13ee-73c0-7a83-8c51-2f4e6b8d0c17',
} satisfies z.input<typeof GrantDescription>;

export const POLICY = 'no-nights';
/** No policy of this name is ever published. */
export const ABSENT_POLICY = 'no-days';

export const policy = {
  workspace: WORKSPACE,
  name: POLICY,
  version: 1,
  source:
    'forbid (principal, action == Keytrail::Action::"secret.decrypt", resource) ' +
    'when { context.minuteOfDay < 1 && context has purpose && context.purpose == "never" };',
  digest: '7703a674f6c81b1ab49d4f2d98c2ca07fecd6ae6ce3b764d4d9525b1092bc979',
  status: 'in_force',
  publishedBy: ADMIN_PRINCIPAL,
  publishedAt: STORED_AT,
} satisfies z.input<typeof PolicyDescription>;

/** What `policy` might say in its place. */
export const harsherSource =
  'forbid (principal, action == Keytrail::Action::"secret.decrypt", resource) when { context.minuteOfDay < 360 };';

/** A policy that gives away everything, and that nobody can publish. */
export const boundlessSource = 'permit (principal, action, resource);';

const serviceFacts = {
  kind: 'service',
  status: 'active',
  quarantine: null,
  roles: ['service'],
  grants: [{ grantId: grant.grantId, pattern: grant.pattern, permissions: ['secret.decrypt'] }],
  revision: 3,
} satisfies NonNullable<z.input<typeof Explanation>['facts']['principal']>;

export const explanation = {
  allowed: true,
  reason: null,
  message: 'It is allowed.',
  asOf: accessEntry.time,
  decidedBy: [
    {
      id: 'role:service',
      effect: 'permit',
      source:
        'permit (principal in Keytrail::Role::"service", action in [Keytrail::Action::"secret.decrypt"], resource);',
    },
  ],
  facts: {
    principal: serviceFacts,
    workspace: { slug: WORKSPACE, exists: true, profile: 'strict', policies: [`${POLICY}@1`], revision: 4 },
    secret: { status: 'active', currentVersion: 1, quarantines: [], revision: 1 },
    circumstances: { now: accessEntry.time, ip: accessEntry.ip, purpose: accessEntry.purpose },
  },
} satisfies z.input<typeof Explanation>;

export const whatIfChange = {
  principal: SERVICE_PRINCIPAL,
  reference: REFERENCE,
  permission: 'secret.decrypt',
  current: 'allowed',
  proposed: 'denied',
  decidedBy: [`policy:${POLICY}@2#1`],
  accesses: 31,
  firstAt: '2026-01-31T00:05:00.000Z',
  lastAt: '2026-03-02T00:05:00.000Z',
  eventId: accessEntry.id,
} satisfies z.input<typeof WhatIfChange>;

export const whatIfSummary = {
  examined: 128,
  changes: 1,
  newlyDenied: whatIfChange.accesses,
  newlyAllowed: 0,
  upTo: { ordinal: 212, time: '2026-03-02T12:00:00.000Z' },
  truncated: false,
} satisfies z.input<typeof WhatIfSummary>;
