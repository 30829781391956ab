/** Takes the keys and passwords out of a text that leaves the process, such as a line of the log. */
import { KEY_PATTERNS } from '@keytrail/contracts';

/** A key begins with `prefix` and `secret`; what follows of the characters `rest` belongs to it. */
interface Shape extends Omit<(typeof KEY_PATTERNS)[number], 'provider'> {
  readonly rest?: string;
}

/**
 * What is no provider's: our own tokens, of which the id is public; seeds of nkeys; `Authorization`; JWTs; PEM; the
 * password in a URL, which a port must not be taken for. The last two reach to the end of a JSON string.
 */
const OURS: readonly Shape[] = [
  { keywords: ['kt_', 'ktc_'], prefix: 'ktc?_[a-z0-9]{12}_', secret: '[A-Za-z0-9_-]{20}' },
  { keywords: ['SU', 'SA', 'SC', 'SN', 'SO', 'SX'], prefix: 'S[UACNOX]', secret: '[A-Z2-7]{56}' },
  {
    keywords: ['earer', 'EARER'],
    prefix: '(?i:bearer) ',
    secret: '[A-Za-z0-9._~+/=-]{16}',
    rest: '[A-Za-z0-9._~+/=-]',
  },
  { keywords: ['asic '], prefix: '(?i:basic) ', secret: '[A-Za-z0-9+/]{16}', rest: String.raw`[\w.+/=-]` },
  { keywords: ['eyJ'], prefix: 'eyJ', secret: String.raw`[\w-]{30}` },
  {
    keywords: ['PRIVATE KEY'],
    prefix: '-----BEGIN [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----',
    secret: String.raw`\\{0,1024}[^"\\]`,
    rest: '[^"]',
  },
  {
    keywords: ['://'],
    prefix: String.raw`:\/\/[^\s:@/"\\[\]]{0,128}:`,
    secret: String.raw`(?!\d{1,5}(?![^\s/?#"'\\,;)\]]))\\{0,1024}[^\s"\\]`,
    rest: String.raw`[^\s"]`,
  },
];

const SHAPES: readonly Shape[] = [...KEY_PATTERNS, ...OURS];
const KEYWORDS = new RegExp(
  SHAPES.flatMap(({ keywords }) => keywords)
    .map((keyword) => keyword.replaceAll(/[./]/g, String.raw`\$&`))
    .join('|'),
);

/** Each shape with a group of its own. What follows a key is sought apart: V8 may keep a step for each character. */
const BEGINNINGS = new RegExp(SHAPES.map(({ prefix, secret }) => `(${prefix})${secret}`).join('|'), 'g');
const RESTS = SHAPES.map(({ rest = String.raw`[\w.-]` }) => new RegExp(`${rest}{1,4096}`, 'y'));

/**
 * The text with each key cut down to its prefix, as in `sk-proj-...[REDACTED]`. Knows the shapes of conventional keys
 * in plain text and in JSON strings; not a password that stands alone, nor what is encoded (base64, hexadecimal). JSON
 * stays JSON. Takes time in proportion to the text, whatever stands in it.
 */
export function redact(text: string): string {
  if (!KEYWORDS.test(text)) {
    return text;
  }
  let redacted = '';
  let end = 0;
  BEGINNINGS.lastIndex = 0;
  for (let found = BEGINNINGS.exec(text); found !== null; found = BEGINNINGS.exec(text)) {
    const shape = found.findIndex((group, index) => index > 0 && group !== undefined);
    redacted += `${text.slice(end, found.index)}${found[shape] ?? ''}...[REDACTED]`;
    end = endOfRest(text, BEGINNINGS.lastIndex, RESTS[shape - 1]);
    BEGINNINGS.lastIndex = end;
  }
  return redacted + text.slice(end);
}

/** Stops short of a backslash, so that the closing quote of a JSON string stays what it is. */
function endOfRest(text: string, from: number, rest?: RegExp): number {
  let end = from;
  if (rest !== undefined) {
    for (rest.lastIndex = from; rest.test(text);) {
      end = rest.lastIndex;
    }
  }
  while (text[end - 1] === '\\') {
    end -= 1;
  }
  return end;
}
