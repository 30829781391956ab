/** What things are estimated to take in memory, against what the engine says that they take. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { evolvePrincipal, evolveWorkspace, NO_PRINCIPAL, NO_WORKSPACE } from '@keytrail/access';
import type { Decider } from '@keytrail/eventsourcing';
import { describe, expect, it } from '@jest/globals';
import { BoundedCache } from './bounded-cache.js';
import { estimatedBytes, stringBytes } from './estimated-bytes.js';
import { secretDecider } from './secret/secret.decider.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const heapBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

/** A version 7 UUID of its own, as it comes out of JSON. */
let ids = 0;
const freshId = () => `01890a5d-ac96-774b-bcce-${String(++ids).padStart(12, '0')}`;

type Fold<S, E> = Pick<Decider<S, never, E, never>, 'initial' | 'evolve'>;

/** Of events as they are loaded: nothing in them is shared with anything else. */
const folded = <S, E>({ initial, evolve }: Fold<S, E>, events: readonly object[]): S =>
  (JSON.parse(JSON.stringify(events)) as readonly E[]).reduce((state, event) => evolve(state, event), initial);
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const version = (i: number, rest = {}) => ({ version: i + 1, keyId: freshId(), digest: 'd'.repeat(64), ...rest });
const secretOf = (versions: number) =>
  folded(secretDecider, [
    { type: 'SecretCreated', data: { secretId: freshId(), ...version(0) } },
    ...times(versions - 1, (i) => ({
      type: 'SecretVersionAdded',
      data: version(i + 1, { expiresAt: '2030-01-01T00:00:00.000Z' }),
    })),
  ]);
const principalOf = (grants: number) =>
  folded({ initial: NO_PRINCIPAL, evolve: evolvePrincipal }, [
    { type: 'PrincipalRegistered', data: { kind: 'service' } },
    { type: 'RoleBound', data: { role: 'service', workspace: 'acme-production' } },
    { type: 'TokenIssued', data: { tokenId: freshId().slice(-12), scopes: ['secret.decrypt'] } },
    ...times(grants, () => ({
      type: 'GrantGiven',
      data: {
        grantId: freshId(),
        workspace: 'acme-production',
        pattern: `tenant.acme.openai.${freshId()}`,
        permissions: ['secret.decrypt', 'secret.get'],
        expiresAt: '2030-01-01T00:00:00.000Z',
      },
    })),
  ]);
const workspaceOf = (policies: number, source: string) =>
  folded({ initial: NO_WORKSPACE, evolve: evolveWorkspace }, [
    { type: 'WorkspaceCreated', data: { keyId: freshId() } },
    ...times(policies, (i) => ({
      type: 'PolicyPublished',
      data: { name: `policy-${i}`, version: 1, source: source + freshId() },
    })),
  ]);

/** What is estimated for so many in a cache, by what the heap has grown. */
function ratioOf(count: number, make: () => object): number {
  const cache = new BoundedCache<object>({ maxBytes: Number.MAX_SAFE_INTEGER, bytesOf: estimatedBytes });
  const before = heapBytes();
  for (let i = 0; i < count; i++) cache.keep(`secret-tenant.acme.openai.${freshId()}`, make());
  const taken = heapBytes() - before;
  return cache.readings().bytes / taken;
}

describe('of what a stream amounts to', () => {
  it.each<[string, number, () => object]>([
    ['a secret of one version', 5_000, () => secretOf(1)],
    ['a secret of twelve versions', 1_000, () => secretOf(12)],
    ['a secret of a thousand versions', 20, () => secretOf(1_000)],
    ['a principal with a role and a token', 3_000, () => principalOf(0)],
    ['a principal with a thousand grants', 8, () => principalOf(1_000)],
    ['a workspace', 8_000, () => workspaceOf(0, '')],
    ['a workspace with eight policies', 150, () => workspaceOf(8, 'permit (principal, action, resource); '.repeat(50))],
    ['a workspace with a policy in Greek', 400, () => workspaceOf(1, 'αβγδε '.repeat(500))],
  ])(
    '%s is estimated to at least three quarters of what it takes in a cache, and at most to twice that',
    (_, count, make) => {
      make();
      // What earlier specs of this process have left may be freed within one of them.
      const [, ratio] = times(3, () => ratioOf(count, make)).toSorted((a, b) => a - b);
      expect(ratio).toBeGreaterThan(0.75);
      expect(ratio).toBeLessThan(2);
    },
  );
});

it('an estimate grows with each part', () => {
  expect(estimatedBytes('')).toBe(stringBytes(''));
  expect(stringBytes('x'.repeat(800))).toBe(stringBytes('') + 800);
  expect(stringBytes('α'.repeat(800))).toBe(stringBytes('') + 1_600);
  expect([null, undefined, 7, true].map(estimatedBytes)).toEqual([0, 0, 0, 0]);
  expect(estimatedBytes({ a: 'text', b: [1, 2] })).toBe(
    estimatedBytes({}) + 16 + estimatedBytes('text') + estimatedBytes([]) + 16,
  );
});
