/**
 * Arrays as parameters in PostgreSQL's binary form (`array_send`): as text every element is escaped here and parsed
 * there, which on the way of an access costs more than the statement. A `Buffer` is what the driver sends as it is.
 */

/** Element types, by their OIDs (`pg_type.oid`). */
const OID = { bytea: 17, int8: 20, int4: 23, text: 25, timestamptz: 1_184, uuid: 2_950 } as const;

const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL = -1;

/** 2000-01-01, from which PostgreSQL counts microseconds. */
const EPOCH_MS = 946_684_800_000;

const utf8: Element<string> = {
  lengthOf: (value) => Buffer.byteLength(value),
  write: (value, to, at) => to.write(value, at),
};

export const textArray = (values: readonly (string | null)[]): Buffer => arrayOf(OID.text, values, utf8);

/** The UTF-8 of texts, for columns that hold bytes. */
export const textAsBytea = (values: readonly string[]): Buffer => arrayOf(OID.bytea, values, utf8);

export const byteaArray = (values: readonly (Uint8Array | null)[]): Buffer =>
  arrayOf(OID.bytea, values, {
    lengthOf: (value) => value.length,
    write: (value, to, at) => (to.set(value, at), value.length),
  });

/** Safe integers. */
export const int8Array = (values: readonly (number | null)[]): Buffer =>
  arrayOf(OID.int8, values, { lengthOf: () => 8, write: writeInt8 });

export const int4Array = (values: readonly number[]): Buffer =>
  arrayOf(OID.int4, values, { lengthOf: () => 4, write: (value, to, at) => to.writeInt32BE(value, at) - at });

/** Canonical UUIDs. */
export const uuidArray = (values: readonly (string | null)[]): Buffer =>
  arrayOf(OID.uuid, values, {
    lengthOf: () => 16,
    write: (value, to, at) => to.write(value.replaceAll('-', ''), at, 'hex'),
  });

/** Epoch milliseconds. */
export const timestamptzArray = (values: readonly (number | null)[]): Buffer =>
  arrayOf(OID.timestamptz, values, {
    lengthOf: () => 8,
    write: (ms, to, at) => writeInt8((ms - EPOCH_MS) * 1_000, to, at),
  });

interface Element<T> {
  readonly lengthOf: (value: T) => number;
  /** How many bytes it has written. */
  readonly write: (value: T, to: Buffer, at: number) => number;
}

function arrayOf<T>(oid: number, values: readonly (T | null)[], { lengthOf, write }: Element<T>): Buffer {
  const length = values.reduce(
    (sum, value) => sum + LENGTH_BYTES + (value === null ? 0 : lengthOf(value)),
    HEADER_BYTES,
  );
  const bytes = Buffer.allocUnsafe(length);
  // One dimension, with its number of elements and 1 as the first index; whether there are nulls; of which type.
  const header = [1, values.includes(null) ? 1 : 0, oid, values.length, 1];
  let at = header.reduce((end, part) => bytes.writeInt32BE(part, end), 0);
  for (const value of values) {
    const written = value === null ? NULL : write(value, bytes, at + LENGTH_BYTES);
    bytes.writeInt32BE(written, at);
    at += LENGTH_BYTES + Math.max(written, 0);
  }
  return bytes;
}

function writeInt8(value: number, to: Buffer, at: number): number {
  to.writeInt32BE(Math.floor(value / 2 ** 32), at);
  to.writeUInt32BE(value >>> 0, at + 4);
  return 8;
}
