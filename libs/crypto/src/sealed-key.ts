/** A key in a box: its bytes are in the open only for the moment of sealing or opening. */
import type { KeyObject } from 'node:crypto';
import type { CommittedKey } from './committed-key.js';
import { DecryptionFailed } from './decryption-failed.js';
import { KEY_LENGTH, takeKey } from './key.js';
import { openBox, sealBox } from './sealed-box.js';

/** Seals `inner` under `outer`; 93 bytes. */
export function sealKey(outer: CommittedKey, associatedData: Uint8Array, inner: KeyObject): Buffer {
  const bytes = inner.export();
  try {
    return sealBox(outer, associatedData, bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Opens what {@link sealKey} made; throws {@link DecryptionFailed}, also where the box holds no key of 32 bytes. */
export function openKey(outer: CommittedKey, associatedData: Uint8Array, box: Uint8Array): KeyObject {
  const bytes = openBox(outer, associatedData, box);
  if (bytes.length !== KEY_LENGTH) throw new DecryptionFailed();
  return takeKey(bytes);
}
