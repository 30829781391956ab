/**
 * The demo's second process: an internal service that obtains values through the client, and knows only their digests.
 */
import { connect, KeytrailError, type KeytrailClient } from '@keytrail/client';
import { sha256Hex } from '@keytrail/crypto';

export type ReaderRequest =
  | { readonly do: 'read'; readonly wanted: readonly Wanted[]; readonly rounds: number }
  | { readonly do: 'try'; readonly reference: string };

export type ReaderAnswer =
  | { readonly did: 'read'; readonly matches: boolean; readonly eventIds: readonly string[] }
  | { readonly did: 'try'; readonly code: string | null };

export interface Wanted {
  readonly reference: string;
  /** SHA-256 of the value, lower-case hexadecimal. */
  readonly digest: string;
}

async function answer(keytrail: KeytrailClient, request: ReaderRequest): Promise<ReaderAnswer> {
  if (request.do === 'try') return { did: 'try', code: await refusalOf(keytrail, request.reference) };
  const read: Obtained[] = [];
  for (let round = 0; round < request.rounds; round++)
    read.push(...(await Promise.all(request.wanted.map((wanted) => obtain(keytrail, wanted)))));
  return { did: 'read', matches: read.every(({ matches }) => matches), eventIds: read.map(({ eventId }) => eventId) };
}

interface Obtained {
  readonly matches: boolean;
  readonly eventId: string;
}

async function obtain(keytrail: KeytrailClient, { reference, digest }: Wanted): Promise<Obtained> {
  const value = await keytrail.decrypt(reference, { purpose: 'demo', timeoutMs: 10_000 });
  try {
    return { matches: sha256Hex(value.bytes) === digest, eventId: value.receipt.eventId };
  } finally {
    value.destroy();
  }
}

async function refusalOf(keytrail: KeytrailClient, reference: string): Promise<string | null> {
  try {
    (await keytrail.decrypt(reference)).destroy();
    return null;
  } catch (error) {
    if (error instanceof KeytrailError) return error.code;
    throw error;
  }
}

const [url = '', vaultKey = '', tokenFile = ''] = process.argv.slice(2);
const keytrail = await connect({ url, vaultKey, credential: { tokenFile }, name: 'billing' });
process.on('message', (request: ReaderRequest) => {
  void answer(keytrail, request).then((said) => process.send?.(said));
});
process.on('disconnect', () => void keytrail.close());
