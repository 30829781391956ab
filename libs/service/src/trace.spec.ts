/** Which trace a request belongs to. */
import { describe, expect, it } from '@jest/globals';
import { Traceparent } from '@keytrail/contracts';
import { traceparentOf } from './trace.js';

const given = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('a traceparent', () => {
  it('is passed on where it is valid', () => {
    expect(traceparentOf(given)).toBe(given);
  });

  it.each([undefined, '', `${given} `, given.toUpperCase(), given.replace(/4bf9.{28}/, '0'.repeat(32))])(
    'is made where the caller has none that is valid: %j',
    (header) => {
      const made = traceparentOf(header);
      expect(Traceparent.safeParse(made).success).toBe(true);
      expect(made).not.toBe(traceparentOf(header));
    },
  );
});
