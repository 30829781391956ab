/** The judge of false names finds what is planted for it. */
import { describe, expect, it } from '@jest/globals';
import { FALSE_CREDENTIALS } from './11-false-credentials.js';
import { FALSE_NAMES } from './11-false-names.js';
import { FALSE_ROADS } from './11-false-roads.js';
import { judgeWhoAsks, type AttackRecord, type WhoAsksHistory } from './11-who-asks.judge.js';

const attack: AttackRecord = { attack: 'forged', requestId: 'a-1', said: 'forbidden', accepted: false, trap: 'rpc.x' };
const control = { requestId: 'c-1', what: 'decrypt', served: true };
const obtained = { requestId: 'c-1', principal: 'victim', type: 'keytrail.access.SecretDecrypted.v1' };
const good: WhoAsksHistory = {
  attacks: ['forged'],
  times: 1,
  tried: [attack],
  controls: [control],
  heard: new Set(['rpc.y']),
  victim: 'victim',
  events: [obtained, { requestId: 'a-1', principal: 'mallory', type: 'keytrail.access.SecretAccessDenied.v1' }],
};

const broken = (planted: Partial<WhoAsksHistory>) => judgeWhoAsks({ ...good, ...planted }).violations;

it('a good history has nothing against it', () => {
  expect(judgeWhoAsks(good)).toEqual({
    tried: 1,
    violations: [],
    details: {
      attacks: 1,
      accepted: 0,
      eventsInTheVictimsName: 0,
      controls: 1,
      controlsServed: 1,
      said: { forbidden: 1 },
    },
  });
});

describe('an attack', () => {
  it.each<[string, Partial<WhoAsksHistory>, string]>([
    ['that is accepted', { tried: [{ ...attack, accepted: true, said: 'ok' }] }, '"forged" was accepted: ok'],
    ['that makes somebody speak', { heard: new Set(['rpc.x']) }, 'made somebody speak on rpc.x'],
    ['that is told as the victim’s', { events: [obtained, { ...obtained, requestId: 'a-1' }] }, 'as the victim’s'],
    ['that was left out', { attacks: ['forged', 'other'] }, '"other" was tried 0 times, not 1'],
    ['that was tried too rarely', { times: 2 }, '"forged" was tried 1 times, not 2'],
  ])('%s is found', (_what, planted, said) => {
    expect(broken(planted)).toEqual([expect.stringContaining(said)]);
  });
});

describe('a run in which nothing works', () => {
  it.each<[string, Partial<WhoAsksHistory>, string]>([
    ['for nobody asked', { controls: [] }, 'shows nothing'],
    ['for the honest are refused', { controls: [{ ...control, served: false }] }, 'an honest decrypt was refused'],
    ['for the audit does not know them', { events: [] }, 'does not know who asked in c-1'],
  ])('%s shows nothing', (_what, planted, said) => {
    expect(broken(planted)).toEqual([expect.stringContaining(said)]);
  });
});

it('no attack hides another of the same name', () => {
  const names = [FALSE_NAMES, FALSE_CREDENTIALS, FALSE_ROADS].flatMap((attacks) => Object.keys(attacks));
  expect(names.length).toBeGreaterThan(100);
  expect(new Set(names).size).toBe(names.length);
});
