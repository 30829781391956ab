/** What a ciphertext is bound to, encoded so that no two contexts give the same bytes. */

/**
 * Each field as UTF-8 behind its length in 4 bytes, big-endian. Throws TypeError for ill-formed Unicode, as UTF-8 would
 * turn two such texts into one.
 */
export function associatedData(fields: readonly string[]): Buffer {
  return isAscii(fields) ? ofAscii(fields) : ofAny(fields);
}

const isAscii = (fields: readonly string[]): boolean => /^[\0-\x7f]*$/.test(fields.join(''));

/** Nearly all are ASCII, whose UTF-8 is their Latin-1: then all fields are written in one go. */
function ofAscii(fields: readonly string[]): Buffer {
  let text = '';
  for (const field of fields) {
    const { length } = field;
    text += String.fromCharCode(length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255) + field;
  }
  return Buffer.from(text, 'latin1');
}

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
