/** What of a batch is new: past a redelivery, up to a gap. */
import { describe, expect, it } from '@jest/globals';
import { headers } from '@nats-io/transport-node';
import { eventsAfter } from './consumer-session.js';

const batch = (...sequences: readonly number[]) =>
  sequences.map((seq) => {
    const all = headers();
    all.set('kt-ordinal', String(seq));
    return { seq, subject: 'evt.vault.acme.secret.SecretCreated', data: Uint8Array.of(), headers: all };
  });
const newOf = (last: number, ...sequences: readonly number[]) =>
  eventsAfter(last, batch(...sequences)).map(({ ordinal }) => ordinal);

describe('of a batch', () => {
  it('what comes next is new', () => {
    expect(newOf(0, 1, 2, 3)).toEqual([1, 2, 3]);
    expect(newOf(7, 8)).toEqual([8]);
  });

  it('what was handled, or stands in it twice, is left out', () => {
    expect(newOf(7, 6, 7, 8, 9, 8, 10)).toEqual([8, 9, 10]);
    expect(newOf(7, 5, 6)).toEqual([]);
  });

  it('a gap is refused', () => {
    expect(() => newOf(7, 9)).toThrow('message 9 arrived where 8 was due');
    expect(() => newOf(7, 8, 10)).toThrow('message 10 arrived where 9 was due');
  });

  it('a message that is not what its place says is refused', () => {
    const [message] = batch(8);
    expect(() => eventsAfter(8, [{ ...message!, seq: 9 }])).toThrow('message 9 is not an event of the relay');
  });
});
