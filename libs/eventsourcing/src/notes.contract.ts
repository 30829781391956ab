/** What the contracts append: notes, each to a stream of its own. */
import type { Principal, Workspace } from '@keytrail/contracts';
import type { Commit, DomainEvent } from './journal.js';

type Noted = { readonly type: 'Noted'; readonly data: { readonly text: string } };

export const noted = (text: string): Noted => ({ type: 'Noted', data: { text } });
export const textsOf = (recorded: readonly { readonly event: DomainEvent }[]) =>
  recorded.map(({ event }) => (event as Noted).data.text);

let streams = 0;
export const freshStream = () => `note-${process.pid}-${++streams}`;

/** A commit of notes, with whatever a test wants different. */
export function commitOf(stream: string, [expectedRevision, ...texts]: readonly [number, ...string[]], rest = {}) {
  return {
    stream,
    aggregate: 'note',
    subject: stream,
    expectedRevision,
    events: texts.map(noted),
    withdraws: false,
    facts: {
      workspace: 'acme' as Workspace,
      principal: 'a'.repeat(26) as Principal,
      requestId: 'request-1',
      command: { id: 'command-1', digest: 'd'.repeat(64) },
      detail: {},
    },
    ...rest,
  } satisfies Commit<Noted>;
}
