/** The laws of a principal, which hold over every history. */
import { describe, expect, it } from '@jest/globals';
import { powersOf, type PrincipalState, type RegisteredPrincipal } from '@keytrail/access';
import type { PrincipalEvent, Role, Workspace } from '@keytrail/contracts';
import { fold } from '@keytrail/eventsourcing';
import fc from 'fast-check';
import { type PrincipalCommand, principalDecider } from './principal.decider.js';
import {
  ada,
  at,
  give,
  grace,
  issue,
  noon,
  quarantine,
  register,
  release,
  revoke,
  suspend,
  tokenId,
  tokenIdOf,
  withdraw,
} from './principal.story.fixture.js';

describe('every history', () => {
  const binding = fc.record({
    role: fc.constantFrom<Role>('internal_admin', 'security_analyst', 'service'),
    workspace: fc.constantFrom('acme' as Workspace, '_system' as Workspace),
  });
  const ids = fc.constantFrom(...[1, 2, 3].map(tokenIdOf));
  const command = fc.oneof<fc.Arbitrary<PrincipalCommand>[]>(
    fc.record({
      type: fc.constant('RegisterPrincipal'),
      kind: fc.constant('user'),
      roles: fc.array(binding, { maxLength: 3 }),
    }),
    fc.record({ type: fc.constantFrom('BindRole', 'UnbindRole'), binding }),
    fc.record({ type: fc.constant('IssueToken'), token: fc.record({ tokenId: ids }) }),
    fc.record({ type: fc.constant('RevokeToken'), tokenId: ids }),
    fc.constantFrom(suspend, give(1), give(2), withdraw, quarantine(), quarantine(at(noon + 1))),
    fc.constantFrom(release(ada, true), release(grace, true), release(ada)),
  );
  const commands = fc.array(command, { maxLength: 30 });

  interface Run {
    readonly state: PrincipalState;
    readonly events: readonly PrincipalEvent[];
  }

  function run(asked: readonly PrincipalCommand[], from: Run = { state: principalDecider.initial, events: [] }): Run {
    return asked.reduce(({ state, events }, next) => {
      const decision = principalDecider.decide(next, state);
      const fresh = decision.ok ? decision.events : [];
      return { state: fold(principalDecider, fresh, state), events: [...events, ...fresh] };
    }, from);
  }

  it('replays to the state it was decided on', () => {
    fc.assert(
      fc.property(commands, (asked) => {
        const { state, events } = run(asked);
        expect(fold(principalDecider, events)).toEqual(state);
      }),
    );
  });

  it('a repeated command adds nothing', () => {
    fc.assert(
      fc.property(commands, command, (asked, once) => {
        const first = run([...asked, once]);
        expect(run([once], first).events).toEqual(first.events);
      }),
    );
  });

  it('a suspended principal gains nothing any more', () => {
    fc.assert(
      fc.property(commands, commands, (before, after) => {
        const early = run([register, ...before, suspend]);
        const { state, events } = run(after, early);
        expect(powersOf(state as RegisteredPrincipal, {}, noon)).toEqual({ ok: false, reason: 'principal.suspended' });
        const gains = events.slice(early.events.length).filter((event) => !principalDecider.withdraws(event));
        expect(gains).toEqual([]);
      }),
    );
  });

  it('a revoked token never comes back', () => {
    fc.assert(
      fc.property(commands, commands, (before, after) => {
        const { state } = run([register, ...before, issue, revoke, ...after]);
        const powers = powersOf(state as RegisteredPrincipal, { tokenId }, noon);
        expect(powers.ok).toBe(false);
      }),
    );
  });
});
