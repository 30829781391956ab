/** The judges of the kills find what is planted for them. */
import { describe, expect, it } from '@jest/globals';
import type { EventId } from '@keytrail/contracts';
import { judgeAcknowledged, judgeReleases, type KillHistory } from './1-3-kills.judge.js';
import type { Change, Held } from './load.js';

const held: Held = {
  reference: 'r',
  intact: true,
  eventId: 'access' as EventId,
  position: '2' as Held['position'],
  digest: 'd' as Held['digest'],
};
const change: Change = { commandId: 'c', reference: 'r', digest: 'x', outcome: 'acknowledged', version: 1 };
const created = { id: 'created', position: '1', digest: 'e', type: 'SecretCreated', commandId: 'c' };
const access = { id: 'access', position: '2', digest: 'd', type: 'SecretDecrypted', commandId: null };
const good: KillHistory = {
  killed: ['vault', 'nats'],
  held: [held],
  changes: [change],
  denied: [],
  unserved: 3,
  obtained: new Set(['c']),
  journal: [created, access],
  audit: ['created', 'access'],
};

const releases = (planted: Partial<KillHistory>) => judgeReleases({ ...good, ...planted }).violations;
const acknowledged = (planted: Partial<KillHistory>) => judgeAcknowledged({ ...good, ...planted }).violations;

it('a good history has nothing against it', () => {
  expect(judgeReleases(good)).toEqual({
    tried: 2,
    violations: [],
    details: { killed: { vault: 1, nats: 1 }, plaintextsHeld: 1, unserved: 3 },
  });
  expect(judgeAcknowledged(good)).toEqual({
    tried: 2,
    violations: [],
    details: { acknowledged: 1, unknown: 0, unknownStanding: 0, unknownAbsent: 0 },
  });
});

describe('a plaintext', () => {
  it.each<[string, Partial<KillHistory>, string]>([
    ['without its event', { journal: [created] }, 'is not in the journal'],
    ['whose event is of another type', { journal: [created, { ...access, type: 'SecretAccessDenied' }] }, 'names a'],
    ['whose event stands elsewhere', { journal: [created, { ...access, position: '3' }] }, 'its receipt says 2'],
    ['whose event was changed', { journal: [created, { ...access, digest: 'x' }] }, 'digests differ'],
    ['that the audit does not know', { audit: ['created'] }, '0 times in the audit'],
    ['that the audit has twice', { audit: ['created', 'access', 'access'] }, '2 times in the audit'],
    ['that shares its event with another', { held: [held, held] }, '2 plaintexts were released on one event'],
    ['that was never released', { held: [] }, 'shows nothing'],
  ])('%s is found', (_what, planted, said) => {
    expect(releases(planted)).toEqual([expect.stringContaining(said)]);
  });
});

describe('an acknowledged change', () => {
  it.each<[string, Partial<KillHistory>, string]>([
    ['that is missing', { journal: [access] }, 'missing from the journal'],
    ['that stands twice', { journal: [created, { ...created, id: 'again' }, access] }, '2 times in the journal'],
    ['that the audit does not know', { audit: ['access'] }, '0 times in the audit'],
    ['whose value is lost', { obtained: new Set() }, 'is not obtained'],
    ['whose value is another', { held: [{ ...held, intact: false }] }, 'another value'],
    ['that is denied later', { denied: ['r: secret.unavailable'] }, 'was denied: r: secret.unavailable'],
    ['that nobody made', { changes: [] }, 'shows nothing'],
  ])('%s is found', (_what, planted, said) => {
    expect(acknowledged(planted)).toEqual([expect.stringContaining(said)]);
  });

  it('that was refused is told', () => {
    const refused: Change = { ...change, commandId: 'f', outcome: 'refused', version: null, code: 'secret.not_found' };
    expect(acknowledged({ changes: [change, refused] })).toEqual(['command f was refused with secret.not_found']);
  });

  it('is not what nobody knows: that is counted apart', () => {
    const unknown = (commandId: string): Change => ({ ...change, commandId, outcome: 'unknown', version: null });
    const journal = [created, access, { ...created, id: 'late', commandId: 'stands' }];
    const changes = [change, unknown('stands'), unknown('absent'), unknown('never')];
    expect(judgeAcknowledged({ ...good, journal, changes })).toMatchObject({
      violations: [],
      details: { unknown: 3, unknownStanding: 1, unknownAbsent: 2 },
    });
  });
});
