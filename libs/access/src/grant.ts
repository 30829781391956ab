/** A grant in Cedar: what it permits is what this statement says, and nothing besides. */
import type { GrantFacts, Hours, ReferencePattern, Weekday } from '@keytrail/contracts';
import { Weekday as Weekdays, workspaceOfPattern } from '@keytrail/contracts';
import type { Statement } from './cedar.js';
import {
  allOf,
  anyOf,
  attribute,
  both,
  contains,
  either,
  type Expr,
  extension,
  has,
  setOf,
  uid,
  value,
} from './expression.js';

/** The statement of a grant to a principal; made as JSON, so that no text of it can be taken for anything else. */
export function grantStatement(principal: string, grant: GrantFacts): Statement {
  const { pattern, permissions, expiresAt, purposes, networks, hours } = grant;
  const conditions = [
    covered(pattern),
    ...(expiresAt === undefined ? [] : [before(expiresAt)]),
    ...(purposes === undefined
      ? []
      : [both(has('purpose'), contains(setOf(purposes), attribute('context', 'purpose')))]),
    ...(networks === undefined ? [] : [both(has('ip'), anyOf(networks.map(within)))]),
    ...(hours === undefined ? [] : [during(hours)]),
  ];
  return {
    effect: 'permit',
    principal: { op: '==', entity: uid('principal', principal) },
    action: { op: 'in', entities: permissions.map((permission) => uid('action', permission)) },
    resource: { op: 'in', entity: uid('workspace', workspaceOfPattern(pattern)) },
    conditions: [{ kind: 'when', body: allOf(conditions) }],
  };
}

function covered(pattern: ReferencePattern): Expr {
  const parts = pattern.split('*');
  const pieces = parts.flatMap((text, i) => [
    ...(text === '' ? [] : [{ Literal: text }]),
    ...(i < parts.length - 1 ? (['Wildcard'] as const) : []),
  ]);
  return { like: { left: attribute('resource', 'reference'), pattern: pieces } };
}

const before = (moment: string): Expr => ({
  '<': { left: attribute('context', 'now'), right: extension('datetime', value(moment)) },
});

const within = (network: string): Expr =>
  extension('isInRange', attribute('context', 'ip'), extension('ip', value(network)));

/** Past midnight the day is still the one that the hours began on. */
function during({ from, to, days }: Hours): Expr {
  const [start, end] = [minuteOf(from), minuteOf(to)];
  const since: Expr = { '>=': { left: attribute('context', 'minuteOfDay'), right: value(start) } };
  const until: Expr = { '<': { left: attribute('context', 'minuteOfDay'), right: value(end) } };
  if (start < end) return allOf([...on(days), since, until]);
  return either(allOf([...on(days), since]), allOf([...on(days?.map(dayAfter)), until]));
}

const on = (days: readonly Weekday[] | undefined): readonly Expr[] =>
  days === undefined ? [] : [contains(setOf(days), attribute('context', 'weekday'))];

const dayAfter = (day: Weekday): Weekday => {
  const week = Weekdays.options;
  return week[(week.indexOf(day) + 1) % week.length] as Weekday;
};

const minuteOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
};
