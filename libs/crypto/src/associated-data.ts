/** What a ciphertext is bound to, encoded so that no two contexts give the same bytes. */

/**
 * Each field as UTF-8 behind its length in 4 bytes, big-endian. Throws TypeError for ill-formed Unicode, as UTF-8 would
 * turn two such texts into one.
 */
export function associatedData(fields: readonly string[]): Buffer {
  let text = '';
  for (const field of fields) {
    const length = SHORT[field.length];
    if (length === undefined) return ofAny(fields);
    text += length + field;
  }
  return ASCII.test(text) ? Buffer.from(text, 'latin1') : ofAny(fields);
}

/** Nearly all are short and ASCII, as their lengths are then: so all are written in one go. */
const ASCII = /^[\0-\x7f]*$/;
const SHORT = Array.from({ length: 128 }, (_, length) => `\0\0\0${String.fromCharCode(length)}`);

function ofAny(fields: readonly string[]): Buffer {
  const encoded = Buffer.allocUnsafe(fields.reduce((length, field) => length + 4 + Buffer.byteLength(field), 0));
  let at = 0;
  for (const field of fields) {
    if (!field.isWellFormed()) throw new TypeError('a context is well-formed Unicode');
    const length = encoded.write(field, at + 4);
    encoded.writeUInt32BE(length, at);
    at += 4 + length;
  }
  return encoded;
}
