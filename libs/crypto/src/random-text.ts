/** Secrets that we make ourselves: text in which no character is favoured, and which is never a string. */
import { randomFillSync } from 'node:crypto';
import { SecretBytes } from './secret-bytes.js';

/**
 * `length` characters of `alphabet`, each drawn evenly and on its own. The alphabet is ASCII, 2 to 128 characters, none
 * twice: what repeats would be favoured. Throws a RangeError for another one.
 */
export function randomText(length: number, alphabet: string): SecretBytes {
  const letters = Buffer.from(lettersOf(alphabet), 'latin1');
  // The largest multiple in a byte: what lies above would favour the first letters, so it is drawn again.
  const fair = 256 - (256 % letters.length);
  const text = Buffer.allocUnsafeSlow(length);
  const drawn = Buffer.allocUnsafeSlow(length);
  for (let filled = 0; filled < length;) {
    for (const byte of randomFillSync(drawn)) {
      if (byte < fair && filled < length) text[filled++] = letters[byte % letters.length] as number;
    }
  }
  drawn.fill(0);
  return SecretBytes.take(text);
}

function lettersOf(alphabet: string): string {
  const isUsable = /^[\x00-\x7f]{2,128}$/.test(alphabet) && new Set(alphabet).size === alphabet.length;
  if (!isUsable) throw new RangeError('an alphabet is 2 to 128 distinct ASCII characters');
  return alphabet;
}
