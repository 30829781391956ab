/** A value as it arrives becomes bytes that can be zeroed. */
import type { SecretValue } from '@keytrail/contracts';
import { SecretBytes } from '@keytrail/crypto';

export function valueBytes(value: SecretValue): SecretBytes {
  const bytes = 'text' in value ? Buffer.from(value.text, 'utf8') : Buffer.from(value.base64, 'base64');
  try {
    return SecretBytes.copyOf(bytes);
  } finally {
    bytes.fill(0);
  }
}
