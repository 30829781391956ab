/** Mints the random names that stand in NATS subjects: principals and connections. */
import { randomBytes } from 'node:crypto';
import { associatedData } from './associated-data.js';
import { sha256 } from './digest.js';

const LOWER_CASE_AND_DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** `length` characters of a-z and 0-9, each equally likely: 5.17 bits a character. */
export function randomName(length: number): string {
  let name = '';
  while (name.length < length) {
    for (const byte of randomBytes(length - name.length)) {
      // 252 is the largest multiple of 36 in a byte: what lies above would favour the first letters.
      if (byte < 252) name += LOWER_CASE_AND_DIGITS[byte % 36];
    }
  }
  return name;
}

/** A principal: 26 of a-z and 0-9, 134 random bits. */
export function mintPrincipal(): string {
  return randomName(26);
}

/** A connection of a client: 22 of a-z and 0-9, 113 random bits. */
export function mintConn(): string {
  return randomName(22);
}

/**
 * The one principal that `fields` name: 26 of a-z and 0-9, from 160 bits of their SHA-256, for 36^26 is 2^134 and what
 * is
 * left over must favour none. Throws a TypeError for ill-formed Unicode.
 */
export function principalFrom(...fields: readonly string[]): string {
  const digest = BigInt(`0x${sha256(associatedData(fields)).toString('hex', 0, 20)}`);
  return digest.toString(36).padStart(26, '0').slice(-26);
}
