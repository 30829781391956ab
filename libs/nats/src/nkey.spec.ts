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
    const [last, other] = publicKey.endsWith('A') ? ['A', 'B'] : [publicKey.at(-1)!, 'A'];
    expect(nkeyBytes(publicKey)).toHaveLength(32);
    expect(() => nkeyBytes(publicKey.slice(0, -1) + other)).toThrow();
    expect(() => nkeySigner(seed.slice(0, -1) + (seed.endsWith(last) ? other : last))).toThrow();
    expect(() => nkeySigner(publicKey)).toThrow();
  });
});
