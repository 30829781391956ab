/** The rules of a secret, and the laws that hold over every history. */
import { describe, expect, it } from '@jest/globals';
import type { Principal, RotationId, SecretEvent, SecretId, VersionFacts } from '@keytrail/contracts';
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

const turn = (type: 'DisableSecret' | 'EnableSecret' | 'DeleteSecret' | 'UndeleteSecret'): SecretCommand => ({ type });
const disabled: SecretEvent = { type: 'SecretDisabled', data: {} };
const enabled: SecretEvent = { type: 'SecretEnabled', data: {} };
const deleted: SecretEvent = { type: 'SecretDeleted', data: {} };
const undeleted: SecretEvent = { type: 'SecretUndeleted', data: {} };

const [ada, grace, chatbot] = ['a', 'g', 'c'].map((letter) => letter.repeat(26)) as [Principal, Principal, Principal];
const at = (minute: number) => new Date(Date.UTC(2026, 5, 1, 12, minute)).toISOString();
const quarantine = (until: string | null = null, principal: Principal | null = null): SecretCommand => ({
  type: 'QuarantineSecret',
  principal,
  until,
  now: at(0),
});
const release = (by: Principal, byTwo = false, principal: Principal | null = null): SecretCommand => ({
  type: 'ReleaseSecret',
  principal,
  by,
  byTwo,
});
const quarantined = (data: { until?: string; principal?: Principal } = {}): SecretEvent => ({
  type: 'SecretQuarantined',
  data,
});
const requested = (by: Principal): SecretEvent => ({ type: 'SecretReleaseRequested', data: { by } });
const released: SecretEvent = { type: 'SecretReleased', data: {} };

const accepted = (...events: SecretEvent[]) => ({ ok: true, events });
const rejected = (code: string) => ({ ok: false, rejection: { code } });

describe('a secret that does not exist', () => {
  it('is created', () => {
    expect(given(secretDecider).when(create)).toEqual(accepted(created));
  });
  it.each([add(1), rotate(1), revoke, turn('DisableSecret'), quarantine(), release(ada)])(
    'refuses $type',
    (command) => {
      expect(given(secretDecider).when(command)).toMatchObject(rejected('secret.not_found'));
    },
  );
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

describe('a secret', () => {
  const { when } = given(secretDecider, created);
  it('is disabled and enabled, each once', () => {
    expect(when(turn('DisableSecret'))).toEqual(accepted(disabled));
    expect(when(turn('EnableSecret'))).toEqual(accepted());
    const after = given(secretDecider, created, disabled);
    expect(after.when(turn('DisableSecret'))).toEqual(accepted());
    expect(after.when(turn('EnableSecret'))).toEqual(accepted(enabled));
  });
  it('is deleted and brought back as it was, each once', () => {
    expect(when(turn('DeleteSecret'))).toEqual(accepted(deleted));
    expect(when(turn('UndeleteSecret'))).toEqual(accepted());
    const after = given(secretDecider, created, disabled, deleted);
    expect(after.when(turn('DeleteSecret'))).toEqual(accepted());
    expect(after.when(turn('UndeleteSecret'))).toEqual(accepted(undeleted));
    expect(secretDecider.evolve(after.state, undeleted)).toMatchObject({ deleted: false, disabled: true });
  });
});

describe('a deleted secret', () => {
  const { when } = given(secretDecider, created, deleted);
  it.each([add(2), rotate(2), turn('DisableSecret'), turn('EnableSecret')])('refuses $type', (command) => {
    expect(when(command)).toMatchObject(rejected('secret.deleted'));
  });
  it('still bears its name, and is revoked and quarantined', () => {
    expect(when(create)).toMatchObject(rejected('secret.already_exists'));
    expect(when(revoke)).toEqual(accepted(revoked(1)));
    expect(when(quarantine())).toEqual(accepted(quarantined()));
  });
});

it('a disabled secret takes a further version, and is not rotated', () => {
  const { when } = given(secretDecider, created, disabled);
  expect(when(add(2))).toEqual(accepted(added(2)));
  expect(when(rotate(2))).toMatchObject(rejected('secret.disabled'));
});

describe('a quarantine', () => {
  it('is imposed, on everybody or on one, and one does not touch the other', () => {
    const { when, state } = given(secretDecider, created, quarantined({ until: at(5) }));
    expect(when(quarantine(at(9), chatbot))).toEqual(accepted(quarantined({ principal: chatbot, until: at(9) })));
    expect(secretDecider.evolve(state, quarantined({ principal: chatbot }))).toMatchObject({
      quarantines: [
        { principal: null, until: at(5), releaseRequestedBy: null },
        { principal: chatbot, until: null, releaseRequestedBy: null },
      ],
    });
  });
  it('that stands is never shortened, for that would be a release', () => {
    const standing = given(secretDecider, created, quarantined({ until: at(5) }));
    expect(standing.when(quarantine(at(1)))).toEqual(accepted());
    expect(standing.when(quarantine(at(6)))).toEqual(accepted(quarantined({ until: at(6) })));
    expect(standing.when(quarantine())).toEqual(accepted(quarantined()));
    expect(given(secretDecider, created, quarantined()).when(quarantine(at(1)))).toEqual(accepted());
  });
  it('whose time has passed is imposed anew, for as long as is asked', () => {
    const past = given(secretDecider, created, quarantined({ until: at(-1) }));
    expect(past.when(quarantine(at(1)))).toEqual(accepted(quarantined({ until: at(1) })));
  });
  it('is released by one, where one is enough', () => {
    const { when } = given(secretDecider, created, quarantined());
    expect(when(release(ada))).toEqual(accepted(released));
    expect(when(release(ada, false, chatbot))).toMatchObject(rejected('secret.not_quarantined'));
  });
  it('is released by another than the first, where it takes two', () => {
    expect(given(secretDecider, created, quarantined()).when(release(ada, true))).toEqual(accepted(requested(ada)));
    const asked = given(secretDecider, created, quarantined(), requested(ada));
    expect(asked.when(release(ada, true))).toEqual(accepted());
    expect(asked.when(release(grace, true))).toEqual(accepted(released));
  });
  it('that is imposed anew takes two again', () => {
    const { when } = given(secretDecider, created, quarantined(), requested(ada));
    expect(when(quarantine())).toEqual(accepted(quarantined()));
    const again = given(secretDecider, created, quarantined(), requested(ada), quarantined());
    expect(again.when(release(grace, true))).toEqual(accepted(requested(grace)));
  });
  it('holds back no more principals than there is room for, those of the past not counted', () => {
    const some = (count: number, until?: string) =>
      Array.from({ length: count }, (_, n) =>
        quarantined({ principal: String(n).padStart(26, '0') as Principal, ...(until && { until }) }),
      );
    const full = given(secretDecider, created, ...some(LIMITS.quarantinesPerSecret));
    expect(full.when(quarantine(null, chatbot))).toMatchObject(rejected('secret.quarantine_limit'));
    expect(full.when(quarantine())).toMatchObject({ ok: true });
    const past = given(secretDecider, created, ...some(LIMITS.quarantinesPerSecret, at(-1)));
    expect(past.when(quarantine(null, chatbot))).toMatchObject({ ok: true });
  });
});

it('what takes an access away goes behind the fence, and nothing else does', () => {
  const facts = [created, added(2), enabled, undeleted, requested(ada), released];
  expect(facts.map((fact) => secretDecider.withdraws(fact))).toEqual(facts.map(() => false));
  const withdrawals = [revoked(2), disabled, deleted, quarantined()];
  expect(withdrawals.map((fact) => secretDecider.withdraws(fact))).toEqual(withdrawals.map(() => true));
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
    switch (type) {
      case 'CreateSecret':
        return create;
      case 'AddSecretVersion':
        return add(nextVersion(state));
      case 'RotateSecret':
        return rotate(nextVersion(state));
      case 'RevokeSecret':
        return revoke;
      case 'QuarantineSecret':
        return quarantine(null, chatbot);
      case 'ReleaseSecret':
        return release(ada, true, chatbot);
      default:
        return turn(type);
    }
  }

  const kind = fc.constantFrom<SecretCommand['type']>(
    'CreateSecret',
    'AddSecretVersion',
    'RotateSecret',
    'RevokeSecret',
    'DisableSecret',
    'EnableSecret',
    'DeleteSecret',
    'UndeleteSecret',
    'QuarantineSecret',
    'ReleaseSecret',
  );
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

  it('is not lengthened by a repeated turn, quarantine or release', () => {
    const repeatable = kind.filter((type) => !/Version|Rotate/.test(type));
    fc.assert(
      fc.property(commands, repeatable, (kinds, last) => {
        expect(run([...kinds, last, last]).events).toEqual(run([...kinds, last]).events);
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
