/** The rules of a secret, and the laws that hold over every history. */
import { describe, expect, it } from '@jest/globals';
import type { RotationId, SecretEvent, SecretId, VersionFacts } from '@keytrail/contracts';
import { LIMITS } from '@keytrail/contracts';
import { fold, given } from '@keytrail/eventsourcing';
import fc from 'fast-check';
import { nextVersion, type SecretCommand, secretDecider, type SecretState } from './secret.decider.js';

const secretId = '01890000-0000-7000-8000-000000000001' as SecretId;
const version = (number: number): VersionFacts => ({
  version: number,
  fingerprint: 'f'.repeat(64),
  ciphertextDigest: 'c'.repeat(64),
  keyId: 'key-1',
});

const created: SecretEvent = { type: 'SecretCreated', data: { ...version(1), secretId } };
const added = (number: number): SecretEvent => ({ type: 'SecretVersionAdded', data: version(number) });
const revoked = (throughVersion: number): SecretEvent => ({ type: 'SecretRevoked', data: { throughVersion } });

const create: SecretCommand = { type: 'CreateSecret', secretId, version: version(1) };
const add = (number: number): SecretCommand => ({ type: 'AddSecretVersion', version: version(number) });
const rotationId = '01890000-0000-7000-8000-00000000000a' as RotationId;
const rotate = (number: number): SecretCommand => ({ type: 'RotateSecret', version: version(number), rotationId });
const revoke: SecretCommand = { type: 'RevokeSecret' };

const accepted = (...events: SecretEvent[]) => ({ ok: true, events });
const rejected = (code: string) => ({ ok: false, rejection: { code } });

describe('a secret that does not exist', () => {
  it('is created', () => {
    expect(given(secretDecider).when(create)).toEqual(accepted(created));
  });
  it.each([add(1), rotate(1), revoke])('refuses $type', (command) => {
    expect(given(secretDecider).when(command)).toMatchObject(rejected('secret.not_found'));
  });
});

describe('an active secret', () => {
  it('is not created again', () => {
    expect(given(secretDecider, created).when(create)).toMatchObject(rejected('secret.already_exists'));
  });
  it('takes a further version', () => {
    expect(given(secretDecider, created).when(add(2))).toEqual(accepted(added(2)));
  });
  it('is rotated to a version that names the rotation', () => {
    const rotated = { type: 'SecretVersionAdded', data: { ...version(2), rotationId } } as const;
    expect(given(secretDecider, created).when(rotate(2))).toEqual(accepted(rotated));
  });
  it.each([1, 3])('refuses a version numbered %d where 2 is next', (number) => {
    const { when } = given(secretDecider, created);
    expect(when(add(number))).toMatchObject(rejected('secret.revision_conflict'));
    expect(when(rotate(number))).toMatchObject(rejected('secret.revision_conflict'));
  });
  it('is revoked through its last version', () => {
    expect(given(secretDecider, created, added(2)).when(revoke)).toEqual(accepted(revoked(2)));
  });
});

describe('a secret with as many versions as it may have', () => {
  const full = Array.from({ length: LIMITS.versionsPerSecret - 1 }, (_, n) => added(n + 2));
  const { when } = given(secretDecider, created, ...full);
  it('takes no further one, and is still revoked', () => {
    const next = LIMITS.versionsPerSecret + 1;
    expect(when(add(next))).toMatchObject(rejected('secret.version_limit'));
    expect(when(rotate(next))).toMatchObject(rejected('secret.version_limit'));
    expect(when(revoke)).toEqual(accepted(revoked(LIMITS.versionsPerSecret)));
  });
});

describe('a revoked secret', () => {
  it('is revoked already: nothing changes', () => {
    expect(given(secretDecider, created, revoked(1)).when(revoke)).toEqual(accepted());
  });
  it('is not created again', () => {
    expect(given(secretDecider, created, revoked(1)).when(create)).toMatchObject(rejected('secret.already_exists'));
  });
  it('is re-authorised by a new version, the old ones stay revoked', () => {
    const { state, when } = given(secretDecider, created, revoked(1));
    expect(when(add(2))).toEqual(accepted(added(2)));
    expect(secretDecider.evolve(state, added(2))).toMatchObject({ revokedThrough: 1, versions: { length: 2 } });
  });
  it('is never re-authorised by a rotation', () => {
    expect(given(secretDecider, created, revoked(1)).when(rotate(2))).toMatchObject(rejected('secret.revoked'));
    expect(given(secretDecider, created, revoked(1), added(2)).when(rotate(3))).toMatchObject({ ok: true });
  });
});

it('a revocation alone takes an access away', () => {
  const facts = [created, added(2), revoked(2)];
  expect(facts.map((fact) => secretDecider.withdraws(fact))).toEqual([false, false, true]);
});

describe('every history', () => {
  /** Runs commands from the beginning; versions are numbered as the handler numbers them. */
  function run(kinds: readonly SecretCommand['type'][]): { state: SecretState; events: SecretEvent[] } {
    return kinds.reduce<{ state: SecretState; events: SecretEvent[] }>(
      ({ state, events }, type) => {
        const decision = secretDecider.decide(commandOf(type, state), state);
        const fresh = decision.ok ? decision.events : [];
        return { state: fold(secretDecider, fresh, state), events: [...events, ...fresh] };
      },
      { state: secretDecider.initial, events: [] },
    );
  }

  function commandOf(type: SecretCommand['type'], state: SecretState): SecretCommand {
    if (type === 'RevokeSecret') return revoke;
    if (type === 'RotateSecret') return rotate(nextVersion(state));
    return type === 'CreateSecret' ? create : add(nextVersion(state));
  }

  const kind = fc.constantFrom('CreateSecret', 'AddSecretVersion', 'RotateSecret', 'RevokeSecret');
  const commands = fc.array(kind, { maxLength: 20 });

  it('replays to the state it was decided on', () => {
    fc.assert(
      fc.property(commands, (kinds) => {
        const { state, events } = run(kinds);
        expect(fold(secretDecider, events)).toEqual(state);
      }),
    );
  });

  it('never makes a revoked version usable again', () => {
    fc.assert(
      fc.property(commands, commands, (before, after) => {
        const [early, late] = [run(before).state, run([...before, ...after]).state];
        const through = (state: SecretState) => (state.exists ? state.revokedThrough : 0);
        expect(through(late)).toBeGreaterThanOrEqual(through(early));
      }),
    );
  });

  it('numbers versions without gaps', () => {
    fc.assert(
      fc.property(commands, (kinds) => {
        const numbers = run(kinds).events.flatMap(({ data }) => ('version' in data ? [data.version] : []));
        expect(numbers).toEqual(numbers.map((_, i) => i + 1));
      }),
    );
  });
});
