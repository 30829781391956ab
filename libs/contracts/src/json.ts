/** JSON at the door: bytes to a value, refusing what two readers could understand in two ways. */
import { LIMITS } from './limits.js';

/** The bytes are not JSON that we accept; `message` says why and never quotes the input. */
export class MalformedJson extends Error {
  override readonly name = 'MalformedJson';
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses UTF-8 JSON. Refused with {@link MalformedJson}: ill-formed UTF-8 or Unicode (lone surrogates), NUL characters,
 * duplicate keys, nesting deeper than `LIMITS.jsonDepth`.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedJson('the body is not valid JSON');
  }
  refuseAmbiguity(text);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new MalformedJson('the body is not valid UTF-8');
  }
}

/** Walks JSON that is known to be valid, with the keys seen so far of each open object; an array has none. */
function refuseAmbiguity(text: string): void {
  const open: (Set<string> | null)[] = [];
  const hasEscapes = text.includes('\\');
  let atKey = false;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '{':
      case '[':
        atKey = text[i] === '{';
        open.push(atKey ? new Set() : null);
        if (open.length > LIMITS.jsonDepth) throw new MalformedJson(`the body nests deeper than ${LIMITS.jsonDepth}`);
        break;
      case '}':
      case ']':
        open.pop();
        atKey = false;
        break;
      case ',':
        atKey = open.at(-1) instanceof Set;
        break;
      case '"': {
        const end = hasEscapes ? endOfString(text, i) : text.indexOf('"', i + 1);
        const content = hasEscapes || atKey ? contentOf(text.slice(i, end + 1)) : '';
        if (atKey) refuseDuplicate(open.at(-1), content);
        atKey = false;
        i = end;
        break;
      }
      default:
        break;
    }
  }
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}

/** Only an escape can smuggle in NUL or half a surrogate pair: the decoder has refused both in the raw text. */
function contentOf(token: string): string {
  if (!token.includes('\\')) return token.slice(1, -1);
  const content = JSON.parse(token) as string;
  if (!content.isWellFormed())
    throw new MalformedJson('the body has a lone surrogate, which is not well-formed Unicode');
  if (content.includes('\0')) throw new MalformedJson('the body has a NUL character');
  return content;
}

function refuseDuplicate(keys: Set<string> | null | undefined, key: string): void {
  if (keys?.has(key)) throw new MalformedJson('the body has an object with the same key twice');
  keys?.add(key);
}
