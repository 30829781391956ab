/** nkeys as NATS writes them, and what is none. */
import { describe, expect, it } from '@jest/globals';
import { nkeyPublicBytes } from './nkey.js';

describe('a user nkey', () => {
  it.each([
    [
      'RFC 8032, test 1, as nats-io/nkeys writes it',
      'UDLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRUVAL',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    ],
    [
      'of the NATS documentation',
      'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4',
      'ef4e44524b72e440f96dae7bba237c6666a40701cb1365a42244f84e7a67dab1',
    ],
  ])('holds its key: %s', (_name, nkey, hex) => {
    expect(nkeyPublicBytes(nkey)?.toString('hex')).toBe(hex);
  });
});

describe('what is no user nkey is null', () => {
  it.each([
    ['an account’s', 'ADLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRVRTU'],
    ['of a prefix that only looks like a user’s', 'UHLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRVCEG'],
    ['mistyped', 'UDLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRUVAM'],
    ['in lower case', 'udlvvgabqkyqvn6vjp7nhslea45a5yls6pnkmizfv4bbu2hxa5iruval'],
    ['too short', 'UDLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRUVA'],
    ['empty', ''],
  ])('%s', (_name, text) => {
    expect(nkeyPublicBytes(text)).toBeNull();
  });
});
