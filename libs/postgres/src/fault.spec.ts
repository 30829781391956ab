/** Which errors may be tried again one by one: only those of a row. */
import { expect, it } from '@jest/globals';
import { JournalOverloaded } from '@keytrail/eventsourcing';
import { AlongsideFailed, asJournalFault, isOfOneItem } from './fault.js';
import { overdue } from './watched-client.js';

const said = (severity: string, code: string) => Object.assign(new Error('said by PostgreSQL'), { severity, code });
const driver = (code: string) => Object.assign(new Error('said by the driver'), { code });

it.each([
  ['a value that does not fit', said('ERROR', '22001')],
  ['a constraint', said('ERROR', '23505')],
  ['a constraint, in the words of a German server', said('FEHLER', '23505')],
  ['rows alongside', new AlongsideFailed('no room')],
  ['a permit that has ended while it waited', said('ERROR', 'KT003')],
  ['a value that does not fit, as callers are told of it', asJournalFault(said('ERROR', '22P02'))],
])('one item is to blame for %s', (_, error) => {
  expect(isOfOneItem(error)).toBe(true);
});

it.each([
  ['a lock that was not had in time', said('ERROR', '55P03')],
  ['a statement that took too long', said('ERROR', '57014')],
  ['unsafe settings', said('ERROR', 'KT001')],
  ['a session that was ended', said('FATAL', '25P04')],
  ['a server that could not sync', said('PANIC', '58030')],
  ['a completion that is not known', said('ERROR', '40003')],
  ['a connection that was reset', driver('ECONNRESET')],
  ['a broken TLS record', driver('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC')],
  ['a time-out of ours', overdue(2_000)],
  ['a connection that was reset, as callers are told of it', asJournalFault(driver('ECONNRESET'))],
  ['nothing at all', null],
])('no item is to blame for %s', (_, error) => {
  expect(isOfOneItem(error)).toBe(false);
});

it('what is not known to be ours is told as the journal being unavailable', () => {
  const cause = new Error('out of step');
  expect(asJournalFault(cause)).toMatchObject({ code: 'journal.unavailable', cause });
  expect(asJournalFault(new AlongsideFailed('no room', { cause }))).toBe(cause);
  const overloaded = new JournalOverloaded('full');
  expect(asJournalFault(overloaded)).toBe(overloaded);
});
