/** Makes sure that one system at a time runs on a state folder. */
import fs from 'node:fs';
import { sha256Hex } from '@keytrail/crypto';
import { type Claim, claimName } from '@keytrail/testing';

/** Another process holds the state folder. */
export class AlreadyClaimed extends Error {
  override readonly name = 'AlreadyClaimed';
}

/** Claims a folder; throws {@link AlreadyClaimed}. */
export async function claim(folder: string): Promise<Claim> {
  const held = await claimName(sha256Hex(Buffer.from(fs.realpathSync(folder))).slice(0, 32));
  if (held === null) throw new AlreadyClaimed(`${folder} is in use by another process`);
  return held;
}
