/** Decisions on one engine whose memories are apart. */
import { describe, expect, it } from '@jest/globals';
import { asked, factsOf, having, room } from './access.fixture.js';
import { Decisions } from './decisions.js';

const FORBID_ALL = 'forbid (principal, action, resource);';

describe('decisions that are apart', () => {
  const service = having('service');
  const open = factsOf({ principalState: service });
  const closed = factsOf({ principalState: service, workspaceState: room({}, FORBID_ALL) });

  it('are each made on the facts that they are given, though these are of the same revision', () => {
    const decisions = new Decisions();
    const [one, other] = [decisions.apart(), decisions.apart()];
    const told = [decisions.decide(open, asked()), one.decide(closed, asked()), other.decide(open, asked())];
    expect(told.map(({ allowed }) => allowed)).toEqual([true, false, true]);
    expect(decisions.decide(closed, asked()).allowed).toBe(true);
  });

  it('never take the statements of one for those of another', () => {
    const decisions = new Decisions();
    const harmless = factsOf({
      principalState: service,
      workspaceState: room({}, 'forbid (principal, action, resource) when { false };'),
    });
    const told = Array.from({ length: 40 }, (_, i) =>
      decisions.apart().decide(i % 2 === 0 ? harmless : closed, asked()),
    );
    expect(told.map(({ allowed }) => allowed)).toEqual(told.map((_, i) => i % 2 === 0));
  });
});
