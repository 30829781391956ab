/** nkeys of users: Ed25519 public keys as NATS writes them, `U…`, read to the key's own bytes. */

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const NKEY = /^U[A-Z2-7]{55}$/;
const USER_PREFIX = 20 << 3;
const KEY_BYTES = 32;

/**
 * The 32 bytes in a user's nkey: base32 (RFC 4648, no padding) of prefix ‖ key ‖ CRC-16/XMODEM, little-endian
 * (https://github.com/nats-io/nkeys). Null where the text is not one: mistyped, or the key of something else.
 */
export function nkeyPublicBytes(nkey: string): Buffer | null {
  if (!NKEY.test(nkey)) return null;
  const bytes = base32Bytes(nkey);
  const checked = bytes.subarray(0, 1 + KEY_BYTES);
  if (checked[0] !== USER_PREFIX || bytes.readUInt16LE(checked.length) !== crc16(checked)) return null;
  return checked.subarray(1);
}

/** 56 characters are 280 bits, which is 35 bytes and nothing over. */
function base32Bytes(text: string): Buffer {
  const value = [...text].reduce((bits, character) => (bits << 5n) | BigInt(BASE32.indexOf(character)), 0n);
  return Buffer.from(value.toString(16).padStart(70, '0'), 'hex');
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}
