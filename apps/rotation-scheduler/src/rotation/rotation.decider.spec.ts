/** The rules of rotation, and the laws that hold over every history. */
import { describe, expect, it } from '@jest/globals';
import type { RotationEvent } from '@keytrail/contracts';
import { fold, given } from '@keytrail/eventsourcing';
import fc from 'fast-check';
import { plusSeconds } from './moment.js';
import { type RotationCommand, rotationDecider, type RotationState, startsAt } from './rotation.decider.js';
import {
  after,
  complete,
  completed,
  completeStep,
  daily,
  DAY_SECONDS,
  fail,
  failed,
  handler,
  idOf,
  noon,
  otherHandler,
  policyDeleted,
  policySet,
  setPolicy,
  start,
  startDue,
  started,
  stepCompleted,
} from './rotation.fixture.js';

const accepted = (...events: RotationEvent[]) => ({ ok: true, events });
const rejected = (code: string) => ({ ok: false, rejection: { code } });
const on = (...past: RotationEvent[]) => given(rotationDecider, ...past);
const due = after(DAY_SECONDS);

describe('a secret without a policy', () => {
  it('is given one', () => {
    expect(on().when(setPolicy())).toEqual(accepted(policySet()));
  });
  it('is given none where it does not exist', () => {
    const command: RotationCommand = { type: 'SetPolicy', policy: daily, secret: null };
    expect(on().when(command)).toMatchObject(rejected('secret.not_found'));
  });
  it('has none to delete', () => {
    expect(on().when({ type: 'DeletePolicy' })).toMatchObject(rejected('rotation.policy_not_found'));
  });
  it('is rotated by hand, by a handler that is named', () => {
    expect(on().when(start(1))).toEqual(accepted(started(1, 'manual')));
    const unnamed: RotationCommand = { type: 'StartRotation', rotationId: idOf(1), secret: 'active' };
    expect(on().when(unnamed)).toMatchObject(rejected('rotation.handler_missing'));
  });
  it('is never due', () => {
    expect(startsAt(on().state)).toBeNull();
    expect(on().when(startDue(1, due))).toEqual(accepted());
  });
});

describe('a policy', () => {
  it('is replaced by another, and by the same nothing changes', () => {
    const { when } = on(policySet());
    expect(when(setPolicy({ autoRotate: false }))).toEqual(accepted(policySet({ autoRotate: false })));
    expect(when(setPolicy({ handler: otherHandler }))).toEqual(accepted(policySet({ handler: otherHandler })));
    expect(when(setPolicy())).toEqual(accepted());
  });
  it('is deleted, once', () => {
    expect(on(policySet()).when({ type: 'DeletePolicy' })).toEqual(accepted(policyDeleted));
    const again = on(policySet(), policyDeleted).when({ type: 'DeletePolicy' });
    expect(again).toMatchObject(rejected('rotation.policy_not_found'));
  });
  it('starts a run at its moment and not before', () => {
    const { when } = on(policySet());
    expect(when(startDue(1, after(DAY_SECONDS - 1)))).toEqual(accepted());
    expect(when(startDue(1, due))).toEqual(accepted(started(1)));
  });
  it('that does not rotate by itself starts none', () => {
    expect(on(policySet({ autoRotate: false })).when(startDue(1, due))).toEqual(accepted());
  });
  it('lends its handler to a run by hand', () => {
    const unnamed: RotationCommand = { type: 'StartRotation', rotationId: idOf(1), secret: 'active' };
    expect(on(policySet()).when(unnamed)).toEqual(accepted(started(1, 'manual')));
    expect(on(policySet()).when({ ...unnamed, handler: otherHandler })).toMatchObject({
      events: [{ data: { handler: otherHandler } }],
    });
  });
});

describe('a secret that is being rotated', () => {
  const running = [policySet(), started(1)] as const;

  it('is not rotated beside that', () => {
    expect(on(...running).when(start(2))).toMatchObject(rejected('rotation.already_running'));
    expect(on(...running).when(startDue(2, due))).toEqual(accepted());
  });
  it('takes the version that its run has made, once', () => {
    expect(on(...running).when(completeStep(1, 2))).toEqual(accepted(stepCompleted(1, 2)));
    expect(on(...running, stepCompleted(1, 2)).when(completeStep(1, 3))).toEqual(accepted());
  });
  it('is not done before there is a version, and cannot fail after it', () => {
    expect(on(...running).when(complete(1, due))).toEqual(accepted());
    expect(on(...running, stepCompleted(1, 2)).when(fail(1, due))).toEqual(accepted());
  });
  it('hears nothing of another run', () => {
    for (const command of [completeStep(2, 2), complete(2, due), fail(2, due)])
      expect(on(...running, stepCompleted(1, 2)).when(command)).toEqual(accepted());
  });
  it('is due again an interval after the end', () => {
    const late = after(30 * DAY_SECONDS);
    const { state, when } = on(...running, stepCompleted(1, 2));
    const end = completed(1, 2, plusSeconds(late, DAY_SECONDS));
    expect(when(complete(1, late))).toEqual(accepted(end));
    expect(startsAt(rotationDecider.evolve(state, end))).toBe(plusSeconds(late, DAY_SECONDS));
  });
  it('is completed without a next time where its policy was deleted meanwhile', () => {
    const { when } = on(...running, policyDeleted, stepCompleted(1, 2));
    expect(when(complete(1, due))).toEqual(accepted(completed(1, 2, null)));
  });
});

describe('a failed rotation', () => {
  it('is tried again after a minute, and each time after twice as long, up to an hour', () => {
    const waits = Array.from({ length: 8 }, (_, failures) => {
      const past = Array.from({ length: failures }, (__, i) => [started(i), failed(i, due)]).flat();
      const decision = on(policySet(), ...past, started(99)).when(fail(99, due));
      const data = decision.ok && decision.events[0]?.data;
      return data && 'retryAt' in data ? (Date.parse(data.retryAt ?? '') - Date.parse(due)) / 1_000 : null;
    });
    expect(waits).toEqual([60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
  });
  it('waits for its time, then starts as a new run', () => {
    const { when } = on(policySet(), started(1), failed(1, plusSeconds(due, 60)));
    expect(when(startDue(2, plusSeconds(due, 59)))).toEqual(accepted());
    expect(when(startDue(2, plusSeconds(due, 60)))).toEqual(accepted(started(2)));
  });
  it('waits no longer once the policy is set anew', () => {
    const { when } = on(policySet(), started(1), failed(1, plusSeconds(due, 60)), policySet({ nextRotationAt: noon }));
    expect(when(startDue(2, noon))).toEqual(accepted(started(2)));
  });
  it('counts for nothing after one that was completed', () => {
    const past = [policySet(), started(1), failed(1, due), started(2), stepCompleted(2, 2), completed(2, 2, due)];
    expect(on(...past, started(3)).when(fail(3, due))).toEqual(accepted(failed(3, plusSeconds(due, 60))));
  });
  it('that was started by hand leaves the schedule as it was', () => {
    const past = [policySet(), started(1), failed(1, after(7))];
    expect(on(...past, started(2, 'manual')).when(fail(2, due))).toEqual(accepted(failed(2, null)));
    expect(startsAt(on(...past, started(2, 'manual'), failed(2, null)).state)).toBe(startsAt(on(...past).state));
  });
  it('is not tried again without a policy that says so', () => {
    expect(on(policySet(), started(1), policyDeleted).when(fail(1, due))).toEqual(accepted(failed(1, null)));
  });
});

it('a revoked secret is not rotated, but may have a policy for when it is in force again', () => {
  const revoked = { secret: 'revoked' } as const;
  const command: RotationCommand = { type: 'StartRotation', rotationId: idOf(1), handler, ...revoked };
  expect(on(policySet()).when(command)).toMatchObject(rejected('secret.revoked'));
  expect(on().when({ type: 'SetPolicy', policy: daily, ...revoked })).toEqual(accepted(policySet()));
});

describe('every history', () => {
  interface Story {
    readonly state: RotationState;
    readonly events: readonly RotationEvent[];
  }
  const told = (commands: readonly RotationCommand[]): Story =>
    commands.reduce<Story>(
      ({ state, events }, command) => {
        const decision = rotationDecider.decide(command, state);
        const fresh = decision.ok ? decision.events : [];
        return { state: fold(rotationDecider, fresh, state), events: [...events, ...fresh] };
      },
      { state: rotationDecider.initial, events: [] },
    );

  const moment = fc.integer({ min: 0, max: 400 * DAY_SECONDS }).map(after);
  const number = fc.integer({ min: 1, max: 4 });
  const version = fc.integer({ min: 2, max: 9 });
  const command = fc.oneof(
    fc
      .record({ autoRotate: fc.boolean(), nextRotationAt: moment, intervalSeconds: fc.integer({ min: 60, max: 1e6 }) })
      .map(setPolicy),
    fc.constant<RotationCommand>({ type: 'DeletePolicy' }),
    number.map(start),
    fc.tuple(number, moment).map(([of, now]) => startDue(of, now)),
    fc.tuple(number, version).map(([of, made]) => completeStep(of, made)),
    fc.tuple(number, moment).map(([of, now]) => complete(of, now)),
    fc.tuple(number, moment).map(([of, now]) => fail(of, now)),
  );
  const commands = fc.array(command, { maxLength: 40 });

  it('replays to the state it was decided on', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const { state, events } = told(all);
        expect(fold(rotationDecider, events)).toEqual(state);
      }),
    );
  });

  it('gains nothing from a command that is repeated', () => {
    fc.assert(
      fc.property(commands, command, (all, repeated) => {
        const once = told([...all, repeated]);
        expect(told([...all, repeated, repeated])).toEqual(once);
      }),
    );
  });

  /** The events of each run, from its start on. */
  const runsIn = (events: readonly RotationEvent[]) =>
    events.reduce<readonly RotationEvent[][]>((runs, event) => {
      if (event.type === 'RotationStarted') return [...runs, [event]];
      if (!('rotationId' in event.data)) return runs;
      return [...runs.slice(0, -1), [...(runs.at(-1) ?? []), event]];
    }, []);

  it('has one run at a time, each from its start to its one end', () => {
    const [open, ended] = [
      ['Started', 'Started StepCompleted'],
      ['Started StepCompleted Completed', 'Started Failed'],
    ];
    fc.assert(
      fc.property(commands, (all) => {
        const runs = runsIn(told(all).events);
        const stories = runs.map((run) => run.map(({ type }) => type.replace('Rotation', '')).join(' '));
        expect(stories.slice(0, -1).filter((story) => !ended.includes(story))).toEqual([]);
        expect(stories.slice(-1).filter((story) => ![...open, ...ended].includes(story))).toEqual([]);
        const idsOf = (run: RotationEvent[]) => new Set(run.map(({ data }) => 'rotationId' in data && data.rotationId));
        expect(runs.filter((run) => idsOf(run).size !== 1)).toEqual([]);
      }),
    );
  });

  it('moves on past the moment at which a rotation ends, however late that is', () => {
    fc.assert(
      fc.property(commands, moment, (all, now) => {
        const before = told([...all, setPolicy(), start(8), completeStep(8, 2)]).state;
        fc.pre(before.run?.rotationId === idOf(8));
        const { state } = told([...all, setPolicy(), start(8), completeStep(8, 2), complete(8, now)]);
        expect(startsAt(state)).toBe(plusSeconds(now, DAY_SECONDS));
        expect(rotationDecider.decide(startDue(9, now), state)).toEqual(accepted());
      }),
    );
  });
});
