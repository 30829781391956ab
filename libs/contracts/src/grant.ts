/** Grants: a permission on the secrets that a pattern covers, for one principal, on conditions. */
import { z } from 'zod';
import { EventId, GrantId, partsOf, Principal, type Reference, Timestamp, type WorkspaceSlug } from './ids.js';
import { LIMITS } from './limits.js';
import { PageCursor, PageLimit, pageOf } from './page.js';
import { GrantablePermission } from './permission.js';

const SLUG = '[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?';

/**
 * A reference whose provider and key may end in `*`, or be nothing else: `tenant.acme.openai.*`. The workspace is
 * always named, so no pattern reaches beyond one.
 */
export const ReferencePattern = z
  .string()
  .max(LIMITS.referenceCharacters)
  .regex(
    new RegExp(`^tenant\\.${SLUG}\\.(?:\\*|[a-z][a-z0-9_-]{0,31}\\*?)\\.(?:\\*|[a-z][a-z0-9_-]{0,63}\\*?)$`),
    'is not a pattern: tenant.<slug>.<provider>.<key>, of which provider and key may end in *',
  )
  .brand<'ReferencePattern'>();
export type ReferencePattern = z.infer<typeof ReferencePattern>;

/** The workspace that a pattern names. */
export const workspaceOfPattern = (pattern: ReferencePattern): WorkspaceSlug => pattern.split('.')[1] as WorkspaceSlug;

/** Whether a reference is one of those that a pattern covers. */
export function covers(pattern: ReferencePattern, reference: Reference): boolean {
  const [, workspace, provider = '', key = ''] = pattern.split('.');
  const of = partsOf(reference);
  return workspace === of.workspace && fits(provider, of.provider) && fits(key, of.key);
}

/** Whether there may be a reference that both patterns cover. */
export function overlap(one: ReferencePattern, other: ReferencePattern): boolean {
  const [parts, others] = [one.split('.'), other.split('.')];
  return parts.every((part, i) => meet(part, others[i] ?? ''));
}

function meet(part: string, other: string): boolean {
  if (!part.endsWith('*')) return fits(other, part);
  if (!other.endsWith('*')) return fits(part, other);
  const [prefix, another] = [part.slice(0, -1), other.slice(0, -1)];
  return prefix.startsWith(another) || another.startsWith(prefix);
}

const fits = (part: string, name: string): boolean =>
  part.endsWith('*') ? name.startsWith(part.slice(0, -1)) : name === part;

/** An address, or a network in CIDR notation. IPv4 addresses are written as such, never within an IPv6 address. */
const Network = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], 'is neither an address nor a network, such as 10.1.0.0/16')
  .refine((text) => !/^::ffff:|^.*:.*\./i.test(text), 'writes an IPv4 address within an IPv6 address');

export const Weekday = z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']);
export type Weekday = z.infer<typeof Weekday>;

const ClockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day, such as 09:30');

/** From `from` to before `to`, in UTC; past midnight where `to` is not later. The day is the one that `from` is of. */
export const Hours = z.strictObject({
  from: ClockTime,
  to: ClockTime,
  days: z.array(Weekday).min(1).max(7).optional(),
});
export type Hours = z.infer<typeof Hours>;

/** All that are given must hold. `purposes`: the purpose that is said must be one of them, to the letter. */
const ConditionShape = {
  expiresAt: Timestamp.optional(),
  purposes: z.array(z.string().min(1).max(200)).min(1).max(LIMITS.listedConditions).optional(),
  networks: z.array(Network).min(1).max(LIMITS.listedConditions).optional(),
  hours: Hours.optional(),
};

const GrantShape = {
  pattern: ReferencePattern,
  permissions: z.array(GrantablePermission).min(1).max(32),
  ...ConditionShape,
};

export const GrantGivenData = z.object({ grantId: GrantId, ...GrantShape });
export const GrantWithdrawnData = z.object({ grantId: GrantId });

/** What a grant says, whoever it is for. */
export type GrantFacts = Readonly<z.infer<typeof GrantGivenData>>;

const Reason = z.string().min(1).max(500).optional();

/** `reason` is free text: it goes into the event's detail, where it can be erased. */
export const GiveGrantRequest = z.strictObject({ principal: Principal, ...GrantShape, reason: Reason });
export type GiveGrantRequest = z.infer<typeof GiveGrantRequest>;

export const WithdrawGrantRequest = z.strictObject({ grantId: GrantId, reason: Reason });
export type WithdrawGrantRequest = z.infer<typeof WithdrawGrantRequest>;

/** Of the workspace in whose name it is asked, or of all; those that stand, oldest first. */
export const ListGrantsRequest = z.strictObject({
  principal: Principal.optional(),
  cursor: PageCursor.optional(),
  limit: PageLimit,
});
export type ListGrantsRequest = z.infer<typeof ListGrantsRequest>;

export const GrantDescription = z.strictObject({
  grantId: GrantId,
  principal: Principal,
  ...GrantShape,
  status: z.enum(['active', 'expired', 'withdrawn']),
  givenBy: Principal,
  givenAt: Timestamp,
  eventId: EventId,
});
export type GrantDescription = z.infer<typeof GrantDescription>;

export const GrantPage = pageOf(GrantDescription);
export type GrantPage = z.infer<typeof GrantPage>;

export type GrantRejectionCode = 'grant.not_found';
