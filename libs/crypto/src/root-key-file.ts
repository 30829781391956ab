/** The root key file: one line, `keytrail-root-v1:` and the base64 of 32 random bytes. */
import { randomBytes } from 'node:crypto';
import { RootKeyRefused } from './root-key-refused.js';
import { localRootKey, type RootKey } from './root-key.js';

const PREFIX = 'keytrail-root-v1:';

/** The contents of a new root key file. Whoever reads it can open every secret: mode 0600, and a backup kept apart. */
export function mintRootKeyFile(): string {
  return `${PREFIX}${randomBytes(32).toString('base64')}\n`;
}

/** Reads a root key file; the bare base64 of 32 bytes is taken too. Throws {@link RootKeyRefused} for anything else. */
export function loadRootKey(fileContents: string): RootKey {
  const line = fileContents.trim();
  const encoded = line.startsWith(PREFIX) ? line.slice(PREFIX.length) : line;
  const bytes = Buffer.from(encoded, 'base64');
  // Node skips what is not base64, so only the way back tells whether every character counted.
  if (bytes.length !== 32 || bytes.toString('base64') !== encoded)
    throw new RootKeyRefused(`a root key file holds one line: ${PREFIX}<base64 of 32 bytes>`);
  try {
    return localRootKey(bytes);
  } finally {
    bytes.fill(0);
  }
}
