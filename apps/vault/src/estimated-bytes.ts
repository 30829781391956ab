/** What things take in memory, near enough for a limit: V8 on 64 bits, without compressed pointers. */

const POINTER = 8;
/** A string's map, hash and length; its characters are padded to whole words. */
const STRING_HEADER = 16;
/** An array, and the list of its elements. */
const ARRAY_HEADER = 48;
/** An object, and the list of the fields that it was given later. */
const OBJECT_HEADER = 40;
/** An object without a prototype is a table of hashes that is half empty. */
const TABLE_HEADER = 72;
const TABLE_FIELD = 6 * POINTER;

/** Of an entry in a cache: its places in map, lists and sizes, and the key as it was put together. */
export const ENTRY_BYTES = 128;

/** Of plain data: nothing in it refers back, and nothing is counted as shared. */
export function estimatedBytes(value: unknown): number {
  if (typeof value === 'string') return stringBytes(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value))
    return value.reduce<number>((sum, each) => sum + POINTER + estimatedBytes(each), ARRAY_HEADER);
  const isTable = Object.getPrototypeOf(value) === null;
  const field = isTable ? TABLE_FIELD : POINTER;
  return Object.values(value).reduce<number>(
    (sum, each) => sum + field + estimatedBytes(each),
    isTable ? TABLE_HEADER : OBJECT_HEADER,
  );
}

/** One byte a character where all are of Latin-1, else two. */
export function stringBytes(text: string): number {
  const perCharacter = /[^\0-\xff]/.test(text) ? 2 : 1;
  return STRING_HEADER + Math.ceil((text.length * perCharacter) / POINTER) * POINTER;
}
