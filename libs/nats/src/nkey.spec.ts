/** Our nkeys against those of the library of NATS. */
import { describe, expect, it } from '@jest/globals';
import { fromPublic } from '@nats-io/nkeys';
import { mintKeyPair } from './identity.js';
import { nkeyBytes, nkeySigner } from './nkey.js';

describe.each(['user', 'account'] as const)("an nkey of kind '%s'", (kind) => {
  const { seed, publicKey } = mintKeyPair(kind);

  it('signs what the library takes for signed', () => {
    const { nkey, sign } = nkeySigner(seed);
    expect(nkey).toBe(publicKey);
    const message = Buffer.from('a challenge');
    expect(fromPublic(publicKey).verify(message, sign(message))).toBe(true);
    expect(fromPublic(publicKey).verify(Buffer.from('another'), sign(message))).toBe(false);
  });

  it('is refused where a character is not its own', () => {
    // Not the last one: of a seed's, two bits count for nothing.
    const changed = (text: string): string => text.slice(0, 20) + (text[20] === 'A' ? 'B' : 'A') + text.slice(21);
    expect(nkeyBytes(publicKey)).toHaveLength(32);
    expect(() => nkeyBytes(changed(publicKey))).toThrow();
    expect(() => nkeySigner(changed(seed))).toThrow();
    expect(() => nkeySigner(publicKey)).toThrow();
  });
});
