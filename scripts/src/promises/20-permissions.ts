/** Who may ask what, by the document: people by their roles, Keytrail's own processes, and tokens by their scopes. */
import { type Permission, Role } from '@keytrail/contracts';
import type { Cell } from './20-least-privilege.judge.js';
import { type Matrix, type Process, PROCESSES } from './20-matrix.js';
import { CAST, type RolePerson } from './20-people.js';
import { nameOf, type Place, type Question, QUESTIONS, WORKSPACES } from './20-questions.js';

export type Road = 'in a session of its own' | 'by the gateway' | 'over HTTP';

/** A cell, and how its question is put. */
export interface Asking extends Cell {
  readonly question: Question;
  readonly place: Place;
  readonly road: Road;
}

type Asker = Pick<RolePerson, 'role' | 'bound'>;

/** Each of them alone on a token of somebody who may nearly everything. */
export const SCOPES = [
  'secret.decrypt',
  'secret.get',
  'secret.*',
  'rotation.list_due',
  'rotation.*',
  'usage.get',
  'event.list',
  'workspace.*',
  'policy.publish',
  'grant.*',
  'access.*',
  'principal.get',
  'token.*',
  'parked.list',
] as const;
export const OF_SCOPES = ['internal_admin', 'service'] as const satisfies readonly Role[];

export const labelOf = ({ role, bound }: Asker): string =>
  role === null || bound === null ? 'somebody without a role' : `${role} in ${WORKSPACES[bound]}`;

function mayAsk(matrix: Matrix, { role, bound }: Asker, { question, place }: Pick<Asking, 'question' | 'place'>) {
  const { permission, reserved } = question;
  if (role === null || (reserved !== undefined && reserved !== role)) return false;
  switch (matrix.get(permission)?.[role]) {
    case 'yes':
      return bound === 'above' || bound === place;
    case 'delegated':
      return place === 'delegated' && (bound === 'above' || bound === place);
    case 'above':
      return bound === 'above' && place === 'above';
    default:
      return false;
  }
}

const roadsOf = ({ http }: Question): readonly Road[] =>
  http === undefined ? ['in a session of its own', 'by the gateway'] : ['over HTTP'];

const whatOf = ({ question, place, road }: Pick<Asking, 'question' | 'place' | 'road'>): string =>
  `${nameOf(question)} in ${WORKSPACES[place]} ${road}`;

/** Nobody obtains a value by the gateway. */
const isReleasedBy = (road: Road, permission: Permission): boolean =>
  road !== 'by the gateway' || permission !== 'secret.decrypt';

/** Question by question, so that nobody is denied too often at once. */
function askingsOfRoles(matrix: Matrix): readonly Asking[] {
  const put = QUESTIONS.flatMap((question) =>
    question.where.flatMap((place) => roadsOf(question).map((road) => ({ question, place, road }))),
  );
  return put.flatMap((asking) =>
    CAST.map((asker) => {
      const allowed = mayAsk(matrix, asker, asking) && isReleasedBy(asking.road, asking.question.permission);
      return { ...asking, part: 'roles', who: labelOf(asker), what: whatOf(asking), allowed } as const;
    }),
  );
}

/** Of the vault the document says nothing: it asks nobody. */
export const OWN = [...PROCESSES, 'vault'] as const;
export type Own = (typeof OWN)[number];

/** What they may is laid down when a system is set up: an administrator does none of this to them. */
const NOT_TO_OWN: ReadonlySet<Permission> = new Set<Permission>([
  'principal.bind_role',
  'principal.quarantine',
  'grant.give',
  'token.issue',
]);
export const administratorOf = (own: Own): string => `an administrator, of the ${own},`;

function askingsOfProcesses(may: ReadonlyMap<Own, ReadonlySet<Permission>>): readonly Asking[] {
  const [part, own, gateway] = ['processes', 'in a session of its own', 'by the gateway'] as const;
  const put = QUESTIONS.flatMap((question) => question.where.map((place) => ({ part, question, place })));
  return put.flatMap((asking) => {
    const { permission } = asking.question;
    const asked = { ...asking, road: own, what: whatOf({ ...asking, road: own }) };
    const done = { ...asking, road: gateway, what: whatOf({ ...asking, road: gateway }), allowed: false };
    return [
      ...OWN.map((who) => ({ ...asked, who, allowed: may.get(who)?.has(permission) ?? false })),
      ...(NOT_TO_OWN.has(permission) ? OWN.map((process) => ({ ...done, who: administratorOf(process) })) : []),
    ];
  });
}

const coversByHand = (scope: string, permission: Permission): boolean =>
  scope === permission || (scope.endsWith('.*') && permission.split('.')[0] === scope.slice(0, -2));

function askingsOfScopes(matrix: Matrix): readonly Asking[] {
  return QUESTIONS.flatMap((question) => {
    const [road] = roadsOf(question) as [Road];
    const place: Place = question.isAbove ? 'above' : 'delegated';
    const asking = { question, place, road };
    return SCOPES.map((scope) => {
      const may = OF_SCOPES.some((role) => mayAsk(matrix, { role, bound: 'above' }, asking));
      const allowed = may && coversByHand(scope, question.permission);
      return { ...asking, part: 'scopes', who: scope, what: whatOf(asking), allowed } as const;
    });
  });
}

/** All askings, by what the document says. */
export function askingsOf(matrix: Matrix, may: ReadonlyMap<Process, ReadonlySet<Permission>>) {
  return {
    roles: askingsOfRoles(matrix),
    processes: askingsOfProcesses(may),
    scopes: askingsOfScopes(matrix),
  } as const;
}
export type Askings = ReturnType<typeof askingsOf>;
