/**
 * Secrets made for being searched: deterministic values in the providers' shapes, and every form in which one could
 * leak.
 */

/** What a canary looks like: a provider's key, or a database password with the characters that escaping gets wrong. */
export type CanaryShape = 'openai' | 'anthropic' | 'groq' | 'database';

/** A form in which a value may stand in a file or on a wire. */
export type CanaryEncoding =
  'raw' | 'json' | 'base64+0' | 'base64+1' | 'base64+2' | 'base64url+0' | 'base64url+1' | 'base64url+2' | 'hex' | 'HEX';

/** One place where a canary was found. */
export interface CanaryFinding {
  /** Which of the searched canaries, by position. */
  readonly canary: number;
  readonly encoding: CanaryEncoding;
  /** Of the first byte, within the searched bytes. */
  readonly offset: number;
}

const digits = '0123456789';
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const alphanumeric = digits + letters;

/** A value in the provider's shape; the same shape and seed give the same value for ever. */
export function canarySecret(shape: CanaryShape, seed: string): string {
  const pick = picker(`${shape}/${seed}`);
  switch (shape) {
    case 'openai':
      return `sk-proj-${pick(alphanumeric + '-_', 74)}T3BlbkFJ${pick(alphanumeric + '-_', 74)}`;
    case 'anthropic':
      return `sk-ant-api03-${pick(alphanumeric + '-_', 93)}AA`;
    case 'groq':
      return `gsk_${pick(alphanumeric, 52)}`;
    case 'database':
      return `${pick(letters, 8)}"${pick(alphanumeric, 6)}'\\${pick(alphanumeric, 6)}/ü鍵🔑${pick(alphanumeric, 12)}`;
  }
}

/**
 * The byte sequences by which a leak of `value` shows, whatever stands before and after it.
 *
 * Base64 is there at all three offsets, cut down to the characters that depend on the value alone (RFC 4648).
 */
export function encodingsOf(value: Buffer): ReadonlyMap<CanaryEncoding, Buffer> {
  const json = JSON.stringify(value.toString('utf8')).slice(1, -1);
  const hex = value.toString('hex');
  return new Map<CanaryEncoding, Buffer>([
    ['raw', value],
    ['json', Buffer.from(json)],
    ['base64+0', base64At(0, value, 'base64')],
    ['base64+1', base64At(1, value, 'base64')],
    ['base64+2', base64At(2, value, 'base64')],
    ['base64url+0', base64At(0, value, 'base64url')],
    ['base64url+1', base64At(1, value, 'base64url')],
    ['base64url+2', base64At(2, value, 'base64url')],
    ['hex', Buffer.from(hex)],
    ['HEX', Buffer.from(hex.toUpperCase())],
  ]);
}

/** Every encoding of every canary that stands in `haystack`, each reported once at its first offset. */
export function findCanary(haystack: Buffer, canaries: readonly Buffer[]): readonly CanaryFinding[] {
  return canaries.flatMap((value, canary) =>
    [...encodingsOf(value)].flatMap(([encoding, needle]) => {
      const offset = haystack.indexOf(needle);
      return offset < 0 ? [] : [{ canary, encoding, offset }];
    }),
  );
}

function base64At(offset: 0 | 1 | 2, value: Buffer, alphabet: 'base64' | 'base64url'): Buffer {
  const bitsBefore = offset * 8;
  const bits = bitsBefore + value.length * 8;
  const text = Buffer.concat([Buffer.alloc(offset), value]).toString(alphabet);
  return Buffer.from(text.slice(Math.ceil(bitsBefore / 6), Math.floor(bits / 6)));
}

// FNV-1a turns the seed into a state for xorshift32: plain arithmetic, the same on every machine.
function picker(seed: string): (alphabet: string, length: number) => string {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(seed)) state = Math.imul(state ^ byte, 0x01000193);
  state ||= 1;
  const next = (bound: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 0x1_0000_0000) * bound);
  };
  return (alphabet, length) => Array.from({ length }, () => alphabet[next(alphabet.length)]).join('');
}
