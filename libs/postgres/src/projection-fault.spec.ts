/** Which failures an event is to blame for: those are not tried for ever. */
import { expect, it } from '@jest/globals';
import { DeadlineExceeded } from '@keytrail/eventsourcing';
import { AlongsideFailed, asJournalFault } from './fault.js';
import { isOfAnEvent, OrdinalGap } from './projection-fault.js';

const said = (code: string) => Object.assign(new Error('said by PostgreSQL'), { code });
const broken = Object.assign(new TypeError('of undefined (reading connection)'), { code: 'ERR_INVALID_ARG_TYPE' });
const malformed = Object.assign(new Error('connection: invalid, destroyed: expected boolean'), { name: 'ZodError' });

it.each([
  ['a value that does not fit', said('22001')],
  ['a constraint', said('23505')],
  ['an index row that is too large', said('54000')],
  ['a trigger that says no', said('P0001')],
  ['an error of ours', new Error('the key is unknown')],
  ['a bug, whatever its words and its code', broken],
  ['what is not well-formed, whatever its fields are called', malformed],
  ['something that is no error', 'oops'],
  ['nothing at all', undefined],
  ['a fault of the journal that a row is the cause of', asJournalFault(said('22P05'))],
  ['rows alongside that do not fit', new AlongsideFailed('no room', { cause: said('23505') })],
])('an event is to blame for %s', (_, error) => {
  expect(isOfAnEvent(error)).toBe(true);
});

const circle = new Error('a connection was lost');
circle.cause = circle;

it.each([
  ['a connection exception', said('08006')],
  ['a database that cannot be written', said('25006')],
  ['a transaction that took too long', said('25P04')],
  ['a password that is not accepted', said('28P01')],
  ['a deadlock', said('40P01')],
  ['a table that is not there', said('42P01')],
  ['a right that was not granted', said('42501')],
  ['a full disk', said('53100')],
  ['a lock that was not had in time', said('55P03')],
  ['a statement that took too long', said('57014')],
  ['a server that goes down', said('57P01')],
  ['an error of input or output', said('58030')],
  ['a corrupted index', said('XX002')],
  ['unsafe settings', said('KT001')],
  ['a broken pipe', said('EPIPE')],
  ['a host that refuses at each of its addresses', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })],
  ['a broken TLS record', said('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC')],
  ['a name that cannot be resolved', said('EAI_AGAIN')],
  ['a time-out of the driver', new Error('timeout exceeded when trying to connect')],
  ['a client that was ended', new Error('Client was closed and is not queryable')],
  ['a pool that was ended', new Error('Cannot use a pool after calling end on the pool')],
  ['a driver that was ended', new Error('driver has already been destroyed')],
  ['a fault of the journal that the world is the cause of', asJournalFault(said('57P01'))],
  ['a fault that says that it may pass', new DeadlineExceeded('too late')],
  ['a gap', new OrdinalGap('expected 2 and was given 3')],
  ['an error that is its own cause', circle],
])('no event is to blame for %s', (_, error) => {
  expect(isOfAnEvent(error)).toBe(false);
});
