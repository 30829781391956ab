/** Judges what the journal tells of attempts against what those who made them were told. */
import { declarationOf, type DenialReason, type Permission } from '@keytrail/contracts';
import { countsOf } from './counts.js';
import type { Verdict } from './proof.js';

/** What somebody was told; `unanswered`: whether anything was decided, nobody knows. */
export type Told =
  | { readonly outcome: 'released'; readonly eventId: string }
  | { readonly outcome: 'denied'; readonly code: string }
  | { readonly outcome: 'overloaded' | 'malformed' | 'unanswered' };

export interface Attempt {
  readonly requestId: string;
  readonly principal: string;
  readonly permission: Permission;
  /** The secret that was asked for, or the workspace in which something else was asked. */
  readonly subject: string;
  /** What has to come of it: null where nothing is in the way; `malformed` where it is no request at all. */
  readonly due: DenialReason | 'malformed' | null;
  readonly repeatOf: string | null;
  /** Whether the gateway asked on its behalf. */
  readonly byGateway: boolean;
  readonly told: Told;
}

/** An event that tells of attempts. */
export interface DenialEvent {
  readonly id: string;
  readonly type: string;
  readonly principal: string;
  /** A secret, or a workspace: of values that were denied, where the event is about several secrets. */
  readonly subject: string;
  readonly requestId: string;
  /** Null unless something was denied. */
  readonly reason: string | null;
  /** Null where it was a value that was asked for. */
  readonly permission: Permission | null;
  readonly count: number;
  readonly repeatOf: string | null;
}

/** How a secret that is there, or is not, looks to somebody who may not have it. */
export interface Sight {
  readonly what: string;
  /** All of the answer but what differs from request to request. */
  readonly seen: string;
}

export interface DenialHistory {
  readonly attempts: readonly Attempt[];
  readonly events: readonly DenialEvent[];
  readonly sights: readonly Sight[];
  /** What has to have come up, for the run to show anything. */
  readonly reasons: readonly DenialReason[];
}

/** Promise 4. */
export function judgeDenials({ attempts, events, sights, reasons }: DenialHistory): Verdict {
  const denials = events.filter(({ type }) => type !== 'SecretDecrypted');
  const told = countsOf(attempts.map((attempt) => attempt.told.outcome));
  const together = denials.filter(({ count }) => count > 1);
  return {
    tried: attempts.length,
    violations: [
      ...attempts.flatMap(mistold),
      ...releases(attempts, events),
      ...namesakes(attempts, events),
      ...sums(attempts, denials),
      ...blindSpots(sights),
      ...notShown({ told, together, denials, reasons }),
    ],
    details: {
      released: told.get('released') ?? 0,
      denied: told.get('denied') ?? 0,
      overloaded: told.get('overloaded') ?? 0,
      malformed: told.get('malformed') ?? 0,
      unanswered: told.get('unanswered') ?? 0,
      events: events.length,
      toldSingly: denials.length - together.length,
      toldTogether: countOf(together),
      eventsOfMany: together.length,
      largestCount: Math.max(0, ...denials.map(({ count }) => count)),
      denialsByReason: Object.fromEntries(
        [...Map.groupBy(denials, reasonOf)].map(([reason, of]) => [reason, countOf(of)]),
      ),
    },
  };
}

/** Of what was denied about secrets, where no one of them is named. */
const isOfSecrets = ({ permission, reason, subject }: DenialEvent): boolean =>
  declarationOf(permission ?? 'secret.decrypt').on !== 'workspace' && reason !== null && !subject.startsWith('tenant.');

const countOf = (events: readonly DenialEvent[]): number => events.reduce((sum, { count }) => sum + count, 0);
const reasonOf = ({ reason }: DenialEvent): string => reason ?? 'none';

/** What is told to whoever asks: of a credential that is good for nothing any more its own session hears. */
function codeOf({ permission, due, byGateway }: Attempt): string {
  const isOfValue = permission === 'secret.decrypt';
  switch (due) {
    case 'secret.quarantined':
      return 'secret.quarantined';
    case 'principal.quarantined':
      return isOfValue ? 'secret.quarantined' : 'principal.quarantined';
    case 'principal.suspended':
    case 'credential.revoked':
    case 'credential.expired':
      return byGateway ? 'access.denied' : 'auth.invalid';
    default:
      return isOfValue ? 'secret.unavailable' : 'access.denied';
  }
}

function mistold(attempt: Attempt): readonly string[] {
  const { told, due, requestId } = attempt;
  const name = `${requestId} (${attempt.permission} of ${attempt.subject}, due to be ${due ?? 'released'})`;
  switch (told.outcome) {
    case 'released':
      return due === null ? [] : [`${name} was released`];
    case 'malformed':
      return due === 'malformed' ? [] : [`${name} was called malformed`];
    case 'denied':
      if (due === null || due === 'malformed') return [`${name} was denied with ${told.code}`];
      return told.code === codeOf(attempt) ? [] : [`${name} was denied with ${told.code}, not ${codeOf(attempt)}`];
    case 'overloaded':
    case 'unanswered':
      return [];
  }
}

/** Each value has one event, and nobody has an event who neither has a value nor does not know. */
function releases(attempts: readonly Attempt[], events: readonly DenialEvent[]): readonly string[] {
  const decrypted = new Map(events.filter(({ type }) => type === 'SecretDecrypted').map((event) => [event.id, event]));
  const asked = new Map(attempts.map((attempt) => [attempt.requestId, attempt]));
  return [
    ...attempts.flatMap(({ requestId, told }) => {
      if (told.outcome !== 'released') return [];
      const event = decrypted.get(told.eventId);
      return event?.requestId === requestId ? [] : [`${requestId} was released without an event of its own`];
    }),
    ...[...decrypted.values()].flatMap(({ id, requestId, subject }) => {
      const attempt = asked.get(requestId);
      const isOfIt = attempt !== undefined && attempt.due === null && attempt.subject === subject;
      const isHis = attempt?.told.outcome === 'unanswered' || (attempt?.told as { eventId?: string })?.eventId === id;
      return isOfIt && isHis ? [] : [`event ${id} tells of a value that ${requestId} was not given`];
    }),
  ];
}

/** An event bears the request id of an attempt that it tells of; one that tells of one alone says all that it said. */
function namesakes(attempts: readonly Attempt[], events: readonly DenialEvent[]): readonly string[] {
  const asked = new Map(attempts.map((attempt) => [attempt.requestId, attempt]));
  const twice = [...countsOf(events.map(({ requestId }) => requestId))].filter(([, times]) => times > 1);
  return [
    ...twice.map(([requestId, times]) => `${requestId} stands in ${times} events`),
    ...events.flatMap((event) => {
      const { id, requestId, count, repeatOf, principal } = event;
      const attempt = asked.get(requestId);
      if (attempt === undefined) return [`event ${id} is of ${requestId}, which nobody has asked`];
      const { outcome } = attempt.told;
      return [
        ...(attempt.principal === principal ? [] : [`event ${id} of ${requestId} names another principal`]),
        ...(outcome === 'overloaded' || outcome === 'malformed'
          ? [`${requestId} was ${outcome} and has event ${id}`]
          : []),
        ...(count > 1 || isOfSecrets(event) || attempt.repeatOf === repeatOf
          ? []
          : [`event ${id} says that ${requestId} repeats ${repeatOf}, not ${attempt.repeatOf}`]),
      ];
    }),
  ];
}

/** Denials of one principal that only differ in what they were about. */
interface Kind {
  readonly name: string;
  readonly attempts: readonly Attempt[];
  readonly events: readonly DenialEvent[];
}

function kindsOf(attempts: readonly Attempt[], denials: readonly DenialEvent[]): readonly Kind[] {
  const nameOf = (principal: string, permission: string, reason: string) => `${permission} of ${principal}: ${reason}`;
  const asked = Map.groupBy(
    attempts.filter(({ due }) => due !== null && due !== 'malformed'),
    ({ principal, permission, due }) => nameOf(principal, permission, due as DenialReason),
  );
  const told = Map.groupBy(denials, (event) =>
    nameOf(event.principal, event.permission ?? 'secret.decrypt', reasonOf(event)),
  );
  const names = [...new Set([...asked.keys(), ...told.keys()])];
  return names.map((name) => ({ name, attempts: asked.get(name) ?? [], events: told.get(name) ?? [] }));
}

/**
 * The sum over the events is at least what was answered and at most that and what nobody knows of: of each secret, as
 * far as events name one, and of those that name none what is left.
 */
function sums(attempts: readonly Attempt[], denials: readonly DenialEvent[]): readonly string[] {
  return kindsOf(attempts, denials).flatMap(({ name, attempts: made, events }) => {
    const [general, particular] = [events.filter(isOfSecrets), events.filter((event) => !isOfSecrets(event))];
    const subjects = new Set([...made, ...particular].map(({ subject }) => subject));
    const standings = [...subjects].map((subject) => {
      const of = made.filter((attempt) => attempt.subject === subject);
      const known = of.filter(({ told }) => told.outcome === 'denied').length;
      const unknown = of.filter(({ told }) => told.outcome === 'unanswered').length;
      return { subject, known, most: known + unknown, told: countOf(particular.filter((e) => e.subject === subject)) };
    });
    const [least, most] = [
      standings.reduce((sum, { known, told }) => sum + Math.max(0, known - told), 0),
      standings.reduce((sum, { most: at, told }) => sum + Math.max(0, at - told), 0),
    ];
    const rest = countOf(general);
    return [
      ...standings
        .filter(({ most: at, told }) => told > at)
        .map(({ subject, told, most: at }) => `${name}, ${subject}: events tell of ${told}, at most ${at} were made`),
      ...(rest < least ? [`${name}: ${least - rest} were answered and no event tells of them`] : []),
      ...(rest > most ? [`${name}: events tell of ${rest - most} more than were made`] : []),
    ];
  });
}

function blindSpots(sights: readonly Sight[]): readonly string[] {
  const looks = Map.groupBy(sights, ({ seen }) => seen);
  const kinds = new Set(sights.map(({ what }) => what));
  const whats = [...looks.values()].map((alike) => [...new Set(alike.map(({ what }) => what))].join(', '));
  return [
    ...(kinds.size < 2 ? ['nobody has looked at what is there and what is not: this run shows nothing of it'] : []),
    ...(looks.size > 1 ? [`somebody who may not ask can tell apart: ${whats.join(' | ')}`] : []),
  ];
}

interface Shown {
  readonly told: ReadonlyMap<string, number>;
  readonly together: readonly DenialEvent[];
  readonly denials: readonly DenialEvent[];
  readonly reasons: readonly DenialReason[];
}

function notShown({ told, together, denials, reasons }: Shown): readonly string[] {
  const met = new Set(denials.map(reasonOf));
  const outcomes = ['released', 'denied', 'overloaded', 'malformed', 'unanswered'].filter((each) => !told.has(each));
  return [
    ...outcomes.map((outcome) => `no attempt was ${outcome}: this run shows nothing of it`),
    ...(together.length > 0 ? [] : ['no denials were told together: this run shows nothing of it']),
    ...reasons.filter((reason) => !met.has(reason)).map((reason) => `no event has the reason ${reason}`),
  ];
}
