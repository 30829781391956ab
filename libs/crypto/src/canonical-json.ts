/** One text for each JSON value (RFC 8785), so that a digest of the text is a digest of the value. */

/** The deepest nesting that is written; a cycle is refused by it too. */
const MAX_DEPTH = 64;

/** The value is not plain JSON; `message` names the kind of thing found, never its content. */
export class NotJson extends TypeError {
  override readonly name = 'NotJson';
  readonly code = 'crypto.not_json';
}

/**
 * RFC 8785: no white space, keys sorted by UTF-16 code units, numbers and strings as ECMAScript writes them.
 * Throws {@link NotJson} for what JSON cannot hold or would change on the way: undefined (a property or a hole too),
 * non-finite numbers, bigint, functions, symbols, objects of a class, ill-formed Unicode, cycles, nesting over 64.
 */
export function canonicalJson(value: unknown): string {
  return isInOrder(value, 0) ? JSON.stringify(value) : write(value, 0);
}

/** Whether the engine writes it as we do, which it does at once: plain JSON whose keys stand in order. */
function isInOrder(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'boolean' || value === null) return true;
  if (typeof value !== 'object' || depth === MAX_DEPTH) return false;
  if (Array.isArray(value)) return Array.from<unknown>(value).every((item) => isInOrder(item, depth + 1));
  if (!isPlain(value)) return false;
  let before = '';
  for (const key of Object.keys(value)) {
    if (key < before || !key.isWellFormed() || !isInOrder((value as Record<string, unknown>)[key], depth + 1))
      return false;
    before = key;
  }
  return true;
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'boolean':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw new NotJson('a number that is not finite is not JSON');
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : container(value, depth + 1);
    default:
      throw new NotJson(`${typeof value} is not JSON`);
  }
}

/** What JSON writes as it is: ASCII but controls, the quotation mark and the backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

function text(value: string): string {
  if (PLAIN.test(value)) return `"${value}"`;
  if (!value.isWellFormed()) throw new NotJson('a string with a lone surrogate is not well-formed Unicode');
  return JSON.stringify(value);
}

function container(value: object, depth: number): string {
  if (depth > MAX_DEPTH) throw new NotJson(`the value is cyclic or nests deeper than ${MAX_DEPTH}`);
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, depth)).join(',')}]`;
  if (!isPlain(value)) throw new NotJson('an object of a class is not plain JSON');
  let members = '';
  // The default order of toSorted() is the one RFC 8785 asks for: UTF-16 code units.
  for (const key of Object.keys(value).toSorted()) {
    const member = write((value as Record<string, unknown>)[key], depth);
    members += `${members === '' ? '' : ','}${text(key)}:${member}`;
  }
  return `{${members}}`;
}

/** Asks for a prototype without a parent, not for this realm's Object.prototype: values cross realms. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
