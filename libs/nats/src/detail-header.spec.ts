/** The detail's bytes survive the header, whatever they hold. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeDetail, encodeDetail } from './detail-header.js';

const plain = (view: Uint8Array | undefined): readonly number[] => [...(view ?? [])];

describe('a detail', () => {
  it('is JSON with the salt first', () => {
    const header = encodeDetail('AQID', '{"ip":"203.0.113.9"}');
    expect(JSON.parse(Buffer.from(header, 'base64').toString())).toEqual({ salt: 'AQID', ip: '203.0.113.9' });
  });

  it('comes back byte for byte', () => {
    const object = fc.dictionary(
      fc.string({ unit: 'binary' }).filter((key) => key.isWellFormed()),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 32 }), object, (salt, value) => {
        const detail = JSON.stringify(value);
        const back = decodeDetail(encodeDetail(Buffer.from(salt).toString('base64'), detail));
        expect([plain(back?.salt), plain(back?.detail)]).toEqual([plain(salt), plain(Buffer.from(detail))]);
      }),
    );
  });

  it('keeps an order of keys that parsing would change', () => {
    const detail = '{"names":{"10":"a","9":"b"}}';
    expect(String(decodeDetail(encodeDetail('cw==', detail))?.detail)).toBe(detail);
  });

  it.each(['', 'e30=', 'not base64', Buffer.from('{"salt":7}').toString('base64')])(
    'of another form is null: %s',
    (header) => {
      expect(decodeDetail(header)).toBeNull();
    },
  );
});
