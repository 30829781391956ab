/** Keyed fingerprints: one pinned, and what they may and may not tell. */
import { createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { fingerprint } from './fingerprint.js';
import { mintKey } from './key.js';

const value = Buffer.from('correct horse battery staple');

describe('fingerprint', () => {
  it('our own vector: HMAC-SHA-256 over label, NUL and value', () => {
    const key = Buffer.alloc(32, 7);
    const expected = createHmac('sha256', key)
      .update(Buffer.concat([Buffer.from('keytrail/fingerprint/v1'), Buffer.of(0), value]))
      .digest('hex');
    expect(fingerprint(createSecretKey(key), value)).toBe(expected);
    expect(expected).toBe('6bd42612adba566b53572ffb0ef9621bf3a22ae159dff8201dfdbc85212d6037');
  });

  it('is equal for equal values under one key, and under no other', () => {
    const key = mintKey();
    expect(fingerprint(key, value)).toBe(fingerprint(key, Buffer.from(value)));
    expect(fingerprint(key, value)).not.toBe(fingerprint(key, Buffer.from('another')));
    expect(fingerprint(key, value)).not.toBe(fingerprint(mintKey(), value));
  });
});
