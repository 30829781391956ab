/** Which events are failures, and how each is explained. */
import { describe, expect, it } from '@jest/globals';
import { AuthenticationFailure, DenialReason } from '@keytrail/contracts';
import { judge, messageOf } from './failure.view.js';

describe('an event', () => {
  it.each([
    ['SecretAccessDenied', { reason: 'secret.revoked' }, 'secret.revoked'],
    ['AuthenticationFailed', { reason: 'token.unknown' }, 'token.unknown'],
    ['RotationFailed', { code: 'rotation.timed_out' }, 'rotation.timed_out'],
    ['SecretAccessDenied', { reason: null }, null],
    ['AuthenticationFailed', {}, null],
    ['RotationFailed', undefined, null],
  ])('%s that says %j is a failure', (name, data, code) => {
    expect(judge(name, data)).toEqual({ outcome: 'failure', code });
  });

  it.each(['SecretDecrypted', 'SessionOpened', 'Imagined', 'constructor'])('%s is a success', (name) => {
    expect(judge(name, { reason: 'secret.revoked', code: 'x' })).toEqual({ outcome: 'success', code: null });
  });
});

describe('a reason', () => {
  const denied = (code: string | null) => messageOf({ action: 'access_denied', code });
  const unauthenticated = (code: string | null) => messageOf({ action: 'authentication_failed', code });

  it('has a sentence of its own', () => {
    const sentences = [
      ...DenialReason.options.map(denied),
      ...AuthenticationFailure.options.filter((reason) => reason !== 'principal.suspended').map(unauthenticated),
    ];
    expect(new Set([...sentences, denied(null), unauthenticated(null)]).size).toBe(sentences.length + 2);
  });

  it.each([
    ['workspace.not_found', /no such workspace/],
    ['version.expired', /version has expired/],
    ['principal.not_permitted', /no role and no grant/i],
    ['policy.forbidden', /a policy of the workspace/i],
    ['jwt.invalid', /JWT is not valid/],
    ['conn.taken', /in use by another/],
  ])('%s is told in the words of its cause', (code, words) => {
    expect(denied(code)).toMatch(words);
  });

  it.each(['secret.imagined', 'constructor', null])('that is not known, %s, is told by what has failed', (code) => {
    expect(denied(code)).toBe('The access was denied.');
    expect(unauthenticated(code)).toBe('The credential was not accepted.');
  });

  it('of a rotation tells what is in force', () => {
    expect(messageOf({ action: 'rotation_failed', code: 'secret.revoked' })).toMatch(/still in force/);
  });
});
