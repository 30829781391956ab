/** The primitives with nothing around them: the limit that benchmarks measure the rest against. */
export { aesGcmOpen, aesGcmSeal, NONCE_LENGTH } from './aes-gcm.js';
export { hmacSha256 } from './digest.js';
export { agree } from './hpke-key.js';
