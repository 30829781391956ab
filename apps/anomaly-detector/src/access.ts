/** What the detector reads of an event: that a secret was obtained, when, and in whose request. */
import {
  EventBody,
  MalformedJson,
  parse,
  parseEventSubject,
  parseJson,
  Reference,
  sentenceOf,
} from '@keytrail/contracts';
import type { ProjectedEvent } from '@keytrail/postgres';
import { z } from 'zod';

const { id, time, workspace, requestid, traceparent } = EventBody.shape;

/** A later version of the vault may say more: further keys are no flaw. */
const Obtained = z.object({ id, subject: Reference, time, workspace, requestid, traceparent });

/** One value that was released; `at` is `time` in epoch milliseconds, `subject` the secret's reference. */
export type Obtained = z.infer<typeof Obtained> & { readonly at: number };

/** The event is a decrypt, but not as the vault writes them. */
export class UnreadableAccess extends Error {
  override readonly name = 'UnreadableAccess';
}

/** An event is asked several times what it says, and reading it is most of the work. */
const read = new WeakMap<ProjectedEvent, Obtained | null>();

/** Null where nothing was obtained. Throws {@link UnreadableAccess}. */
export function obtainedIn(event: ProjectedEvent): Obtained | null {
  const known = read.get(event);
  if (known !== undefined) return known;
  const obtained = parseEventSubject(event.subject)?.type === 'SecretDecrypted' ? obtainedBy(event.body) : null;
  read.set(event, obtained);
  return obtained;
}

/** The secret that was obtained; null where none was, and where the event does not tell. */
export function referenceIn(event: ProjectedEvent): Reference | null {
  try {
    return obtainedIn(event)?.subject ?? null;
  } catch (error) {
    if (error instanceof UnreadableAccess) return null;
    throw error;
  }
}

function obtainedBy(body: Uint8Array): Obtained {
  const parsed = parse(Obtained, jsonIn(body));
  if (!parsed.ok) throw new UnreadableAccess(`an access cannot be read: ${sentenceOf(parsed.issues)}`);
  return { ...parsed.value, at: Date.parse(parsed.value.time) };
}

function jsonIn(body: Uint8Array): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    throw error instanceof MalformedJson ? new UnreadableAccess('an access is not JSON', { cause: error }) : error;
  }
}
