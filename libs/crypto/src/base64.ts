/**
 * Bytes from text, of which each has one text only: Node's own decoder takes a key or a signature in many spellings.
 */

/** Null where the text is not how these bytes are written: other characters, other padding, bits left over. */
export function bytesOf(text: string, encoding: 'base64' | 'base64url'): Buffer | null {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : null;
}
