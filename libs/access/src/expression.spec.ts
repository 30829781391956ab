/** What can be seen in a statement without evaluating it: what it reads, whom it names, how deep it is. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { statementOf } from './cedar.js';
import { circumstancesIn, entitiesIn, isDeeperThan } from './expression.js';

const when = (condition: string, annotations = '') =>
  statementOf(`${annotations} forbid (principal, action, resource) when { ${condition} };`);
const readBy = (condition: string) => [...circumstancesIn(when(condition))].toSorted();
const all = ['ip', 'purpose', 'role', 'time'];

describe('a statement', () => {
  it.each([
    ['nothing', 'principal.own', []],
    ['nothing by the names of circumstances', 'resource.key == "ip" && principal has purpose', []],
    ['the time', 'context.now < datetime("2026-01-01")', ['time']],
    ['the hour', 'context.minuteOfDay > 3', ['time']],
    ['the day', 'context["weekday"] == "monday"', ['time']],
    ['an address', 'context has ip && context.ip.isLoopback()', ['ip']],
    ['whether there is one', 'context has "ip"', ['ip']],
    ['a purpose', '!(context has purpose) || context.purpose like "x*"', ['purpose']],
    ['a role', 'context has role && context.role == "auditor"', ['role']],
    ['several', 'context has role || context has ip && context.minuteOfDay == 1', ['ip', 'role', 'time']],
    [
      'what stands within records, sets and branches',
      '[if {a: context.ip}.a.isIpv4() then 1 else 2].contains(3)',
      ['ip'],
    ],
    ['a path', 'context has purpose.length', ['purpose']],
  ])('reads %s', (_, condition, expected) => {
    expect(readBy(condition)).toEqual(expected);
  });

  it.each([
    'context == context',
    '{ip: context}.ip has purpose',
    '{".": context, "has": context.ip}["."] has purpose',
    '{left: context, attr: "ip"}.left has purpose',
    '{"__proto__": context}["__proto__"] has purpose',
    '(if principal.own then context else context).minuteOfDay == 1',
    '[context.minuteOfDay, 1].contains(1) && [context].isEmpty()',
    'context has ip && principal == context',
    'context.getTag("ip") == 1',
    'context has constructor',
    'context has "__proto__"',
    'context.valueOf == 1',
  ])('reads everything where it takes the context as a whole, or by what is not known: %s', (condition) => {
    expect(readBy(condition)).toEqual(all);
  });

  it('reads nothing in its annotations', () => {
    expect([...circumstancesIn(when('true', '@Var("context")'))]).toEqual([]);
  });

  it('names entities in its scope and in its conditions, each time that it does', () => {
    const statement = statementOf(
      '@type("a") @id("b") forbid (principal in Keytrail::Role::"x", action in [Keytrail::Action::"y"], ' +
        'resource is Keytrail::Secret in Keytrail::Workspace::"z") ' +
        'unless { [Keytrail::Secret::"\\u{71}"].contains(resource) && {type: "r", id: "s"}.type == "t" };',
    );
    expect(entitiesIn(statement)).toEqual([
      { type: 'Keytrail::Role', id: 'x' },
      { type: 'Keytrail::Action', id: 'y' },
      { type: 'Keytrail::Workspace', id: 'z' },
      { type: 'Keytrail::Secret', id: 'q' },
    ]);
  });
});

describe('the depth of JSON', () => {
  const depthOf = (node: unknown): number =>
    typeof node === 'object' && node !== null ? 1 + Math.max(0, ...Object.values(node).map(depthOf)) : 0;

  it('is told as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(8), (json, most) => {
        expect(isDeeperThan(most, json)).toBe(depthOf(json) > most);
      }),
    );
  });
  it('is told of what is deeper than a stack', () => {
    let deep: unknown = [];
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(isDeeperThan(128, deep)).toBe(true);
  });
});
