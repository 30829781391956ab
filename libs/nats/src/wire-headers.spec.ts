/** Headers that we write ourselves are those that the library would write, and read what it would read. */
import { describe, expect, it } from '@jest/globals';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import fc from 'fast-check';
import { headersRead, wireHeaders } from './wire-headers.js';

/** The library's internal form, which has both directions. */
type Encoded = MsgHdrs & { encode(): Uint8Array };

const textOf = (all: MsgHdrs): string => Buffer.from((all as Encoded).encode()).toString();

const name = fc.constantFrom('kt-session', 'ce-id', 'Nats-Msg-Id', 'traceparent');
const text = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '=', ':', '.'), minLength: 1, maxLength: 12 });

describe('headers on the wire', () => {
  it('are the bytes that the library writes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, text), { selector: ([each]) => each, minLength: 1 }), (said) => {
        const all = headers();
        for (const [each, value] of said) all.set(each, value);
        expect(textOf(wireHeaders(said))).toBe(textOf(all));
      }),
    );
  });

  it.each(['a\r\nkt-mac: b', 'a\nb', '\r'])('do not take %j, which would begin another', (value) => {
    expect(() => wireHeaders([['kt-edge', value]])).toThrow(RangeError);
  });
});

it('headers that came are found by name, twice where they came twice', () => {
  const all = headers();
  all.append('kt-counter', '1');
  all.append('kt-counter', '2');
  all.append('kt-session', 'a');
  const read = headersRead({ headers: all });
  const said = ['kt-counter', 'kt-session', 'kt-mac'].map((each) => read?.values(each));
  expect(said).toEqual([['1', '2'], ['a'], []]);
});
