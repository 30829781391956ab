/** Takes the keys and passwords out of a text that leaves the process, such as a line of the log. */
import { KEY_PATTERNS } from '@keytrail/contracts';

type Shape = Omit<(typeof KEY_PATTERNS)[number], 'provider'>;

/**
 * What is no provider's: our own tokens, of which the id is public; seeds of nkeys; `Authorization`; JWTs; PEM; the
 * password in a URL, which a port must not be taken for. The last two reach to the end of a JSON string, and stop short
 * of
 * a backslash so that its closing quote stays what it is.
 */
const OURS: readonly Shape[] = [
  { keywords: ['kt_', 'ktc_'], prefix: 'ktc?_[a-z0-9]{12}_', secret: '[A-Za-z0-9_-]{20}' },
  { keywords: ['SU', 'SA', 'SC', 'SN', 'SO', 'SX'], prefix: 'S[UACNOX]', secret: '[A-Z2-7]{56}' },
  { keywords: ['earer', 'EARER'], prefix: '(?i:bearer) ', secret: '[A-Za-z0-9._~+/=-]{16}[A-Za-z0-9._~+/=-]*' },
  { keywords: ['asic '], prefix: '(?i:basic) ', secret: '[A-Za-z0-9+/]{16}[A-Za-z0-9+/=]*' },
  { keywords: ['eyJ'], prefix: 'eyJ', secret: '[\\w-]{30}' },
  {
    keywords: ['PRIVATE KEY'],
    prefix: '-----BEGIN [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----',
    secret: String.raw`[^"]+(?<!\\)`,
  },
  {
    keywords: ['://'],
    prefix: String.raw`:\/\/[^\s:@/"\\[\]]{0,128}:`,
    secret: String.raw`(?!\d{1,5}(?![^\s/?#"'\\,;)\]]))[^\s"]+(?<!\\)`,
  },
];

const SHAPES: readonly Shape[] = [...KEY_PATTERNS, ...OURS];
const KEYWORDS = new RegExp(
  SHAPES.flatMap(({ keywords }) => keywords)
    .map((keyword) => keyword.replaceAll(/[./]/g, String.raw`\$&`))
    .join('|'),
);

/** No repetition is followed by anything that can fail after it: that is what keeps the search linear. */
const SECRETS = new RegExp(
  `(?:${SHAPES.map(({ prefix, secret }) => `(?<prefix>${prefix})${secret}`).join('|')})[\\w.-]*`,
  'g',
);

/**
 * The text with each key cut down to its prefix, as in `sk-proj-...[REDACTED]`. Knows the shapes of conventional keys
 * in
 * plain text and in JSON strings; not a password that stands alone, nor what is encoded (base64, hexadecimal). JSON
 * stays
 * JSON. Takes time in proportion to the text, whatever stands in it.
 */
export function redact(text: string): string {
  return KEYWORDS.test(text) ? text.replace(SECRETS, '$<prefix>...[REDACTED]') : text;
}
