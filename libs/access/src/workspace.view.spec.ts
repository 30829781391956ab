/** What a workspace amounts to after what has been said of it. */
import { describe, expect, it } from '@jest/globals';
import type { PolicyName, WorkspaceEvent } from '@keytrail/contracts';
import fc from 'fast-check';
import { evolveWorkspace, NO_WORKSPACE, type WorkspaceState } from './workspace.view.js';

const created: WorkspaceEvent = { type: 'WorkspaceCreated', data: { keyId: 'key' } };
const configured = (data: Extract<WorkspaceEvent, { type: 'WorkspaceConfigured' }>['data']): WorkspaceEvent => ({
  type: 'WorkspaceConfigured',
  data,
});
const published = (name: string, version: number): WorkspaceEvent => ({
  type: 'PolicyPublished',
  data: { name: name as PolicyName, version, source: `${name} ${version}` },
});
const withdrawn = (name: string, version: number): WorkspaceEvent => ({
  type: 'PolicyWithdrawn',
  data: { name: name as PolicyName, version },
});
const fold = (events: readonly WorkspaceEvent[], state: WorkspaceState = NO_WORKSPACE) =>
  events.reduce(evolveWorkspace, state);
const policiesAfter = (...events: readonly WorkspaceEvent[]) => fold(events).policies.map(({ source }) => source);

describe('a workspace', () => {
  it('that nobody has made is strict, and one person is enough to release', () => {
    expect(NO_WORKSPACE).toMatchObject({ exists: false, profile: 'strict', twoPersonRelease: false, policies: [] });
    expect(fold([created])).toEqual({ ...NO_WORKSPACE, exists: true });
  });
  it('keeps what a configuration does not speak of', () => {
    const delegated = configured({ profile: 'delegated' });
    const byTwo = configured({ twoPersonRelease: true });
    const both = { profile: 'delegated', twoPersonRelease: true };
    expect([fold([created, delegated, byTwo]), fold([created, byTwo, delegated])]).toMatchObject([both, both]);
    expect(fold([delegated, byTwo, configured({ twoPersonRelease: false })])).toMatchObject({
      profile: 'delegated',
      twoPersonRelease: false,
    });
  });
  it('has its policies by name, each at its latest version', () => {
    expect(policiesAfter(published('b', 1), published('c', 1), published('a', 1), published('b', 2))).toEqual([
      'a 1',
      'b 2',
      'c 1',
    ]);
  });
  it('loses a policy that is withdrawn, and no other, and counts its versions on', () => {
    const events = [published('a', 1), published('b', 1), published('a', 2), withdrawn('a', 2)];
    expect(policiesAfter(...events)).toEqual(['b 1']);
    expect(fold(events).latestVersions).toEqual({ a: 2, b: 1 });
    expect(policiesAfter(...events, published('a', 3))).toEqual(['a 3', 'b 1']);
  });

  it('counts no versions of a policy that nobody has published, whatever its name', () => {
    const { latestVersions } = fold([published('a', 1)]);
    expect([latestVersions, NO_WORKSPACE.latestVersions].map((versions) => versions['constructor'] ?? 0)).toEqual([
      0, 0,
    ]);
    expect(fold([published('constructor', 1)]).latestVersions['constructor']).toBe(1);
  });

  it('is the same whether it is folded at once or carried on with what has come since', () => {
    const anyName = fc.constantFrom('a', 'b', 'constructor', 'z-1');
    const anyEvent = fc.oneof(
      fc.constant(created),
      fc
        .record(
          { profile: fc.constantFrom('strict' as const, 'delegated' as const), twoPersonRelease: fc.boolean() },
          { requiredKeys: [] },
        )
        .map(configured),
      fc.tuple(anyName, fc.nat(9)).map(([name, version]) => published(name, version)),
      fc.tuple(anyName, fc.nat(9)).map(([name, version]) => withdrawn(name, version)),
    );
    fc.assert(
      fc.property(fc.array(anyEvent), fc.nat(10), (events, n) => {
        const before = fold(events.slice(0, n));
        const snapshot = structuredClone(before);
        expect(fold(events.slice(n), before)).toEqual(fold(events));
        expect(before).toEqual(snapshot);
      }),
    );
  });
});
