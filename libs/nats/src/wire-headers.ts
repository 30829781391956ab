/**
 * Headers of a message written and read in one go: the library's own check and fold the name of each, and look through
 * all of them for one, which on the way of a request costs more than its MAC.
 */
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import type { RequestHeaders } from './rpc-request.js';

const VERSION_LINE = 'NATS/1.0\r\n';

/**
 * The headers as they are sent; the library asks a message's headers for nothing but their bytes. Throws RangeError for
 * a text that would begin another header.
 */
export function wireHeaders(said: readonly (readonly [name: string, text: string])[]): MsgHdrs {
  let text = VERSION_LINE;
  for (const [name, value] of said) {
    if (value.includes('\r') || value.includes('\n')) throw new RangeError(`the header ${name} has a line break`);
    text += `${name}: ${value}\r\n`;
  }
  const bytes = Buffer.from(`${text}\r\n`);
  return { encode: () => bytes } as unknown as MsgHdrs;
}

const NONE: readonly string[] = [];

const NO_HEADERS: RequestHeaders = { values: () => NONE };

/** What came, by name; null where it cannot be read: the library looks when it is asked, and throws at what is odd. */
export function headersRead(message: Pick<Msg, 'headers'>): RequestHeaders | null {
  try {
    const { headers: all } = message;
    if (all === undefined) return NO_HEADERS;
    const byName = new Map(all);
    return { values: (name) => byName.get(name) ?? NONE };
  } catch {
    return null;
  }
}
