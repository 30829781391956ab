/** The rules of a workspace: how it begins, its profile, and its policies in their versions. */
import { describe, expect, it } from '@jest/globals';
import type { PolicyName, WorkspaceEvent } from '@keytrail/contracts';
import { LIMITS } from '@keytrail/contracts';
import { fold, given } from '@keytrail/eventsourcing';
import fc from 'fast-check';
import { type WorkspaceCommand, workspaceDecider } from './workspace.decider.js';

const nameOf = (n: number) => `policy-${n}` as PolicyName;
const name = nameOf(1);
const created: WorkspaceEvent = { type: 'WorkspaceCreated', data: { keyId: 'key-1' } };
const configured = (data: Extract<WorkspaceEvent, { type: 'WorkspaceConfigured' }>['data']): WorkspaceEvent => ({
  type: 'WorkspaceConfigured',
  data,
});
const published = (version: number, source = 'one', of = name): WorkspaceEvent => ({
  type: 'PolicyPublished',
  data: { name: of, version, source },
});
const withdrawn = (version: number): WorkspaceEvent => ({ type: 'PolicyWithdrawn', data: { name, version } });

const publish = (source: string, rest: { name?: PolicyName; expectedVersion?: number } = {}): WorkspaceCommand => ({
  type: 'PublishPolicy',
  name,
  source,
  ...rest,
});
const withdraw: WorkspaceCommand = { type: 'WithdrawPolicy', name };
const configure = (rest: object): WorkspaceCommand => ({ type: 'ConfigureWorkspace', ...rest });

const on = (...past: WorkspaceEvent[]) => given(workspaceDecider, ...past);
const accepted = (...events: WorkspaceEvent[]) => ({ ok: true, events });
const rejected = (code: string) => ({ ok: false, rejection: { code } });

describe('a workspace that does not exist', () => {
  it('is created with its key', () => {
    expect(on().when({ type: 'CreateWorkspace', keyId: 'key-1' })).toEqual(accepted(created));
  });
  it.each([publish('one'), withdraw, configure({ profile: 'delegated' })])('refuses $type', (command) => {
    expect(on().when(command)).toMatchObject(rejected('workspace.not_found'));
  });
});

describe('a workspace', () => {
  it('is not created again', () => {
    const again = on(created).when({ type: 'CreateWorkspace', keyId: 'key-2' });
    expect(again).toMatchObject(rejected('workspace.already_exists'));
  });
  it('is strict until it is said to be something else, and one person releases', () => {
    expect(on(created).state).toMatchObject({ profile: 'strict', twoPersonRelease: false });
    expect(on(created).when(configure({ profile: 'strict', twoPersonRelease: false }))).toEqual(accepted());
  });
  it('tells what has changed of what is said, and keeps the rest', () => {
    const data = { profile: 'delegated' } as const;
    const { when, state } = on(created, configured({ twoPersonRelease: true }));
    expect(when(configure({ ...data, twoPersonRelease: true }))).toEqual(accepted(configured(data)));
    expect(workspaceDecider.evolve(state, configured(data))).toMatchObject({ ...data, twoPersonRelease: true });
  });
});

it('what stands above all workspaces is configured, though it was never created', () => {
  const command = configure({ twoPersonRelease: true, ofSystem: true });
  expect(on().when(command)).toEqual(accepted(configured({ twoPersonRelease: true })));
});

describe('a policy', () => {
  it('is published in versions, each in the place of the one before', () => {
    expect(on(created).when(publish('one'))).toEqual(accepted(published(1)));
    const { when, state } = on(created, published(1));
    expect(when(publish('two'))).toEqual(accepted(published(2, 'two')));
    expect(workspaceDecider.evolve(state, published(2, 'two')).policies).toEqual([{ name, version: 2, source: 'two' }]);
  });
  it('that is in force as it is changes nothing', () => {
    expect(on(created, published(1)).when(publish('one'))).toEqual(accepted());
  });
  it('is withdrawn, and goes on with the next version when it is published again', () => {
    expect(on(created, published(1)).when(withdraw)).toEqual(accepted(withdrawn(1)));
    const after = on(created, published(1), withdrawn(1));
    expect(after.when(withdraw)).toMatchObject(rejected('policy.not_found'));
    expect(after.when(publish('one'))).toEqual(accepted(published(2)));
  });
  it('is refused where it does not stand at the version that was expected', () => {
    const { when } = on(created, published(1));
    expect(when(publish('two', { expectedVersion: 0 }))).toMatchObject(rejected('policy.version_conflict'));
    expect(when(publish('two', { expectedVersion: 1 }))).toEqual(accepted(published(2, 'two')));
    const gone = on(created, published(1), withdrawn(1));
    expect(gone.when(publish('two', { expectedVersion: 0 }))).toEqual(accepted(published(2, 'two')));
  });
  it('is one of no more than a workspace may have, those in force being published further', () => {
    const full = Array.from({ length: LIMITS.policiesPerWorkspace }, (_, n) => published(1, 'one', nameOf(n + 1)));
    const { when } = on(created, ...full);
    expect(when(publish('one', { name: nameOf(99) }))).toMatchObject(rejected('policy.limit'));
    expect(when(publish('two'))).toMatchObject({ ok: true });
  });
});

it('whatever is said about access goes behind the fence', () => {
  const facts = [created, configured({ profile: 'delegated' }), published(1), withdrawn(1)];
  expect(facts.map((fact) => workspaceDecider.withdraws(fact))).toEqual([false, true, true, true]);
});

describe('every history', () => {
  const command = fc.constantFrom<WorkspaceCommand>(
    { type: 'CreateWorkspace', keyId: 'key-1' },
    configure({ profile: 'delegated' }),
    configure({ profile: 'strict' }),
    publish('one'),
    publish('two'),
    publish('one', { name: nameOf(2) }),
    withdraw,
  );
  const run = (commands: readonly WorkspaceCommand[]) =>
    commands.reduce<readonly WorkspaceEvent[]>((events, next) => {
      const decision = workspaceDecider.decide(next, fold(workspaceDecider, events));
      return decision.ok ? [...events, ...decision.events] : events;
    }, []);

  it('numbers the versions of each policy without gaps, and never twice', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const versions = run(commands).flatMap((event) =>
          event.type === 'PolicyPublished' && event.data.name === name ? [event.data.version] : [],
        );
        expect(versions).toEqual(versions.map((_, i) => i + 1));
      }),
    );
  });

  it('is not lengthened by a repeated command', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), command, (commands, last) => {
        expect(run([...commands, last, last])).toEqual(run([...commands, last]));
      }),
    );
  });
});
