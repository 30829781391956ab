/** How a secret is shown after what has happened to it. */
import { describe, expect, it } from '@jest/globals';
import type { EventId, Principal, SecretEvent, SecretId, VersionFacts } from '@keytrail/contracts';
import { parse, Reference, SecretDescription } from '@keytrail/contracts';
import type { Recorded } from '@keytrail/eventsourcing';
import { describeSecret } from './secret.view.js';

const reference = Reference.parse('tenant.acme.openai.prod');
const secretId = '01890000-0000-7000-8000-000000000001' as SecretId;
const at = (minute: number) => new Date(Date.UTC(2026, 0, 31, 12, minute)).toISOString();

const now = Date.parse(at(5));
const chatbot = 'c'.repeat(26) as Principal;

const version = (number: number, expiresAt?: string): VersionFacts => ({
  version: number,
  fingerprint: 'f'.repeat(64),
  ciphertextDigest: 'c'.repeat(64),
  keyId: 'key-1',
  ...(expiresAt !== undefined && { expiresAt }),
});

const history = (...events: SecretEvent[]): Recorded<SecretEvent>[] =>
  events.map((event, i) => ({
    id: secretId as string as EventId,
    revision: i + 1,
    time: at(i),
    principal: 'p'.repeat(26) as Principal,
    event,
  }));

const created: SecretEvent = { type: 'SecretCreated', data: { ...version(1), secretId } };
const added: SecretEvent = { type: 'SecretVersionAdded', data: version(2, at(9)) };
const revoked = (throughVersion: number): SecretEvent => ({ type: 'SecretRevoked', data: { throughVersion } });

describe('a secret', () => {
  it('without a history does not exist', () => {
    expect(describeSecret(reference, [], now)).toBeNull();
  });

  it('shows its last version as the current one', () => {
    const shown = describeSecret(reference, history(created, added), now);
    expect(shown).toMatchObject({ id: secretId, status: 'active', currentVersion: 2, revision: 2 });
    expect(shown).toMatchObject({
      workspace: 'acme',
      provider: 'openai',
      key: 'prod',
      createdAt: at(0),
      updatedAt: at(1),
    });
    expect(shown?.versions[1]).toMatchObject({ version: 2, expiresAt: at(9), createdAt: at(1) });
  });

  it('keeps the time of the first revocation of a version', () => {
    const shown = describeSecret(reference, history(created, revoked(1), added, revoked(2)), now);
    expect(shown).toMatchObject({ status: 'revoked' });
    expect(shown?.versions.map(({ revokedAt }) => revokedAt)).toEqual([at(1), at(3)]);
  });

  it('is active again after a new version, whose predecessor stays revoked', () => {
    const shown = describeSecret(reference, history(created, revoked(1), added), now);
    expect(shown?.status).toBe('active');
    expect(shown?.versions.map(({ status }) => status)).toEqual(['revoked', 'active']);
  });

  it('of very many versions shows the latest hundred', () => {
    const more = Array.from({ length: 149 }, (_, i): SecretEvent => ({
      type: 'SecretVersionAdded',
      data: version(i + 2),
    }));
    const numbers = describeSecret(reference, history(created, ...more), now)?.versions.map((shown) => shown.version);
    expect([numbers?.length, numbers?.at(0), numbers?.at(-1)]).toEqual([100, 51, 150]);
  });

  it.each<[string, string, SecretEvent[]]>([
    ['disabled', 'is disabled', [{ type: 'SecretDisabled', data: {} }]],
    [
      'active',
      'is enabled again',
      [
        { type: 'SecretDisabled', data: {} },
        { type: 'SecretEnabled', data: {} },
      ],
    ],
    [
      'deleted',
      'is deleted, disabled and revoked',
      [{ type: 'SecretDisabled', data: {} }, revoked(1), { type: 'SecretDeleted', data: {} }],
    ],
    [
      'revoked',
      'is undeleted, and was revoked before',
      [revoked(1), { type: 'SecretDeleted', data: {} }, { type: 'SecretUndeleted', data: {} }],
    ],
  ])('is %s when it %s', (status, _, events) => {
    expect(describeSecret(reference, history(created, ...events), now)).toMatchObject({ status, currentVersion: 1 });
  });

  it('shows the quarantines that stand, and who has asked for their release', () => {
    const events: SecretEvent[] = [
      { type: 'SecretQuarantined', data: { until: at(5) } },
      { type: 'SecretQuarantined', data: { principal: chatbot, until: at(6) } },
      { type: 'SecretReleaseRequested', data: { principal: chatbot, by: 'p'.repeat(26) as Principal } },
    ];
    expect(describeSecret(reference, history(created, ...events), now)?.quarantines).toEqual([
      { principal: chatbot, until: at(6), releaseRequestedBy: 'p'.repeat(26) },
    ]);
    expect(describeSecret(reference, history(created, ...events), now - 1)?.quarantines).toHaveLength(2);
  });

  it('is shown in the form that contracts promise', () => {
    const shown = describeSecret(reference, history(created, added, revoked(2)), now);
    expect(parse(SecretDescription, JSON.parse(JSON.stringify(shown)))).toMatchObject({ ok: true });
  });
});
