/**
 * The identifiers of the system: their grammar, and a type for each, so that one cannot stand where another belongs.
 */
import { z } from 'zod';
import { LIMITS } from './limits.js';

const SLUG = '[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?';
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A workspace: an immutable slug of 1 to 32 characters. */
export const WorkspaceSlug = z
  .string()
  .regex(new RegExp(`^${SLUG}$`), 'is not a workspace slug: 1 to 32 of a-z, 0-9 and inner hyphens')
  .brand<'WorkspaceSlug'>();
export type WorkspaceSlug = z.infer<typeof WorkspaceSlug>;

/** What belongs to no workspace; not a slug, so nobody can create it. */
export const SYSTEM_WORKSPACE = '_system';
export const Workspace = z.union([WorkspaceSlug, z.literal(SYSTEM_WORKSPACE)]);
export type Workspace = z.infer<typeof Workspace>;

/** The name of a secret, `tenant.<slug>.<provider>.<key>`; neither trimmed nor case-folded. */
export const Reference = z
  .string()
  .max(LIMITS.referenceCharacters, `is longer than ${LIMITS.referenceCharacters} characters`)
  .regex(
    new RegExp(`^tenant\\.${SLUG}\\.[a-z][a-z0-9_-]{0,31}\\.[a-z][a-z0-9_-]{0,63}$`),
    'is not a reference: tenant.<slug>.<provider>.<key> in lower case, such as tenant.acme.openai.prod',
  )
  .brand<'Reference'>();
export type Reference = z.infer<typeof Reference>;

/** The parts of a reference. */
export interface ReferenceParts {
  readonly workspace: WorkspaceSlug;
  readonly provider: string;
  readonly key: string;
}

/** Takes a reference apart; no part can hold a dot, so this cannot fail. */
export function partsOf(reference: Reference): ReferenceParts {
  const [, workspace, provider, key] = reference.split('.') as [string, WorkspaceSlug, string, string];
  return { workspace, provider, key };
}

const uuid = z.string().regex(UUID_V7, 'is not a lower-case UUIDv7');

export const EventId = uuid.brand<'EventId'>();
export type EventId = z.infer<typeof EventId>;

export const SecretId = uuid.brand<'SecretId'>();
export type SecretId = z.infer<typeof SecretId>;

export const RotationId = uuid.brand<'RotationId'>();
export type RotationId = z.infer<typeof RotationId>;

export const FindingId = uuid.brand<'FindingId'>();
export type FindingId = z.infer<typeof FindingId>;

export const SessionId = uuid.brand<'SessionId'>();
export type SessionId = z.infer<typeof SessionId>;

export const GrantId = uuid.brand<'GrantId'>();
export type GrantId = z.infer<typeof GrantId>;

/** A key of the vault. */
export const KeyId = uuid.brand<'KeyId'>();
export type KeyId = z.infer<typeof KeyId>;

/** The public part of an API token: 12 of a-z and 0-9. */
export const TokenId = z
  .string()
  .regex(/^[a-z0-9]{12}$/, 'is not a token id: 12 of a-z and 0-9')
  .brand<'TokenId'>();
export type TokenId = z.infer<typeof TokenId>;

/**
 * Who asks: a token minted by us, 26 of a-z and 0-9; names of the outside world map to it and never stand in a subject.
 */
export const Principal = z
  .string()
  .regex(/^[a-z0-9]{26}$/, 'is not a principal: 26 of a-z and 0-9')
  .brand<'Principal'>();
export type Principal = z.infer<typeof Principal>;

/** One connection of a principal, chosen by the client: 16 to 26 of a-z and 0-9. */
export const Conn = z
  .string()
  .regex(/^[a-z0-9]{16,26}$/, 'is not a connection id: 16 to 26 of a-z and 0-9')
  .brand<'Conn'>();
export type Conn = z.infer<typeof Conn>;

/** The caller's own id of a request or of a command; events carry it. */
export const RequestId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'is not a request id: 1 to 64 of A-Z, a-z, 0-9, _ and -')
  .brand<'RequestId'>();
export type RequestId = z.infer<typeof RequestId>;

/** A W3C trace context `traceparent`, version 00. */
export const Traceparent = z
  .string()
  .regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/, 'is not a W3C traceparent');

/** `Date` rolls the 31st of February over into March; then it does not come back as it went in. */
function isOfTheCalendar(text: string): boolean {
  return !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text;
}

/** RFC 3339 in UTC with milliseconds and `Z`, of the years 1 to 9999: PostgreSQL has no year 0. */
export const Timestamp = z
  .string()
  .regex(
    /^(?!0000)\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/,
    'is not RFC 3339 UTC with milliseconds, such as 2026-01-31T12:00:00.000Z',
  )
  .refine(isOfTheCalendar, 'is not a date of the calendar');

/** Lower-case hexadecimal of a SHA-256 or an HMAC-SHA-256. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hexadecimal');

/** A position in a service's journal: unsigned 64 bits, decimal, as JSON numbers cannot hold it. */
export const Position = z.string().regex(/^\d{1,20}$/, 'is not a position');
