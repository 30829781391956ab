/** The one story that the examples of all routes tell: acme stores a key, uses it, has it rotated, and looks back. */
import type {
  AuditEntry,
  AuthenticatedCaller,
  Finding,
  IssuedToken,
  ParkedMessage,
  PrincipalDescription,
  RotationHandler,
  RotationPolicy,
  RotationRun,
  SecretDescription,
  SecretSecurity,
  SecretUsage,
  SealedMessage,
  SealingKeys,
  SecretVersionDescription,
  TokenDescription,
  WorkspaceDescription,
} from '@keytrail/contracts';
import type { z } from 'zod';

export const WORKSPACE = 'acme';
/** Nothing of this slug is ever created. */
export const ABSENT_WORKSPACE = 'nowhere';
export const REFERENCE = 'tenant.acme.openai.prod';
/** Another secret of acme's, without a rotation policy. */
export const SECOND_REFERENCE = 'tenant.acme.anthropic.prod';
/** Nothing of this name is ever stored. */
export const ABSENT_REFERENCE = 'tenant.acme.openai.absent';

export const SERVICE_PRINCIPAL = '7k2m9q4x1c8v5b3n6z0a2s4d6f';
export const ADMIN_PRINCIPAL = 'a1b2c3d4e5f6g7h8j9k0m1n2p3';

export const STORED_AT = '2026-01-31T12:00:00.000Z';
const USED_AT = '2026-01-31T12:05:00.000Z';
export const ROTATED_AT = '2026-03-02T12:00:00.000Z';

export const SERVICE_NAME = 'Nightly summary';
/** Nobody is of this principal. */
export const ABSENT_PRINCIPAL = '00000000000000000000000000';

const EVENT_ID = '019c13f1-31e0-7b83-a4d7-2c6e8f0a1b35';

export const workspaceDescription = {
  slug: WORKSPACE,
  profile: 'strict',
  twoPersonRelease: false,
  revision: 1,
  createdAt: STORED_AT,
} satisfies z.input<typeof WorkspaceDescription>;

export const secretVersion = {
  version: 1,
  status: 'active',
  fingerprint: '8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4',
  createdAt: STORED_AT,
} satisfies z.input<typeof SecretVersionDescription>;

export const secretDescription = {
  id: '019c13ec-9e00-7c15-b2a8-6d4f0e9c7b31',
  reference: REFERENCE,
  workspace: WORKSPACE,
  provider: 'openai',
  key: 'prod',
  status: 'active',
  quarantines: [],
  currentVersion: 1,
  revision: 1,
  createdAt: STORED_AT,
  updatedAt: STORED_AT,
  versions: [secretVersion],
} satisfies z.input<typeof SecretDescription>;

export const accessEntry = {
  id: EVENT_ID,
  ordinal: 4,
  service: 'vault',
  time: USED_AT,
  createdAt: USED_AT,
  action: 'decrypt',
  type: 'keytrail.access.SecretDecrypted.v1',
  outcome: 'success',
  success: true,
  code: null,
  errorMessage: null,
  workspace: WORKSPACE,
  tenant: WORKSPACE,
  subject: REFERENCE,
  reference: REFERENCE,
  secretName: 'prod',
  version: 1,
  principal: SERVICE_PRINCIPAL,
  actor: SERVICE_NAME,
  actorKind: 'service',
  actorRole: 'service',
  via: null,
  ip: '192.0.2.17',
  userAgent: null,
  requestId: 'nightly-summary-17',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  purpose: 'nightly summary',
  details: { secretId: secretDescription.id, version: 1 },
  metadata: { secretRef: REFERENCE },
} satisfies z.input<typeof AuditEntry>;

export const secretUsage = {
  reference: REFERENCE,
  lastUsedAt: USED_AT,
  lastUsedBy: SERVICE_PRINCIPAL,
  decrypted: 1,
  denied: 0,
  accessAnomalyDetectedAt: null,
  items: [accessEntry],
} satisfies z.input<typeof SecretUsage>;

export const rotationHandler = {
  type: 'random',
  value: { length: 40, alphabet: 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789' },
} satisfies z.input<typeof RotationHandler>;

export const rotationPolicy = {
  reference: REFERENCE,
  workspace: WORKSPACE,
  intervalSeconds: 2_592_000,
  notifyBeforeSeconds: 604_800,
  autoRotate: true,
  handler: rotationHandler,
  status: 'scheduled',
  nextRotationAt: ROTATED_AT,
  notifyAt: '2026-02-23T12:00:00.000Z',
  lastRotationId: null,
  lastRotatedAt: null,
  revision: 1,
  updatedAt: STORED_AT,
} satisfies z.input<typeof RotationPolicy>;

export const completedRun = {
  id: '019cae6b-6600-7a51-9c3e-4b7d2f8e6a10',
  reference: REFERENCE,
  workspace: WORKSPACE,
  trigger: 'manual',
  handler: 'random',
  status: 'completed',
  version: 3,
  code: null,
  startedBy: ADMIN_PRINCIPAL,
  startedAt: ROTATED_AT,
  endedAt: '2026-03-02T12:00:00.085Z',
} satisfies z.input<typeof RotationRun>;

export const finding = {
  id: '019c13f1-31e0-7d24-8f06-5a9c1e3b7d42',
  reference: REFERENCE,
  workspace: WORKSPACE,
  rule: 'access_rate_minute',
  windowSeconds: 60,
  threshold: 100,
  count: 101,
  observedAt: USED_AT,
  eventId: EVENT_ID,
  ongoing: true,
  detectedAt: USED_AT,
} satisfies z.input<typeof Finding>;

export const secretSecurity = {
  reference: REFERENCE,
  workspace: WORKSPACE,
  accesses24h: 101,
  failedAccesses24h: 0,
  lastUsedAt: USED_AT,
  hasAnomaly: true,
  accessAnomalyDetectedAt: USED_AT,
} satisfies z.input<typeof SecretSecurity>;

export const parkedMessage = {
  reader: 'audit',
  service: 'vault',
  ordinal: 4,
  type: 'keytrail.access.SecretDecrypted.v1',
  eventId: EVENT_ID,
  orderKey: null,
  error: { name: 'DatabaseError', message: 'value too long for type character varying(64)', code: '22001' },
  attempts: 3,
  parkedAt: USED_AT,
} satisfies z.input<typeof ParkedMessage>;

export const caller = {
  principal: ADMIN_PRINCIPAL,
  kind: 'user',
  displayName: 'Administrator',
  roles: [{ role: 'internal_admin', workspace: '_system' }],
  tokenId: '4d7h2k9s1w6z',
} satisfies z.input<typeof AuthenticatedCaller>;

export const servicePrincipal = {
  principal: SERVICE_PRINCIPAL,
  kind: 'service',
  displayName: SERVICE_NAME,
  outsideName: null,
  status: 'active',
  roles: [{ role: 'service', workspace: WORKSPACE }],
  quarantine: null,
  revision: 2,
  createdAt: STORED_AT,
  updatedAt: STORED_AT,
} satisfies z.input<typeof PrincipalDescription>;

export const serviceToken = {
  tokenId: 'k3f9q2x7m1a8',
  principal: SERVICE_PRINCIPAL,
  label: 'of the nightly job',
  scopes: ['secret.decrypt'],
  status: 'active',
  createdAt: STORED_AT,
  expiresAt: '2099-12-31T23:59:59.999Z',
  lastUsedAt: null,
} satisfies z.input<typeof TokenDescription>;

export const issuedToken = {
  ...serviceToken,
  token: 'kt_k3f9q2x7m1a8_and_49_characters_that_are_shown_once',
} satisfies z.input<typeof IssuedToken>;

const KEY_ID = '019c13e5-7280-7e61-9a04-1f5b8c2d7e93';

export const sealingKeys = {
  signingKey: 'kv_3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de',
  keys: [
    {
      keyId: KEY_ID,
      publicKey: 'hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo',
      notBefore: STORED_AT,
      notAfter: '2026-02-01T12:00:00.000Z',
      signature: 'A'.repeat(86),
    },
  ],
} satisfies z.input<typeof SealingKeys>;

/** To a key of a day long past. */
export const sealedValue = {
  keyId: KEY_ID,
  enc: 'N9vRzDpIbNjHkQ8Yq2Zt5sX4cB7aE1gLwU6oM3fKjT0',
  ciphertext: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=',
} satisfies z.input<typeof SealedMessage>;
