/**
 * The header `kt-detail`: an event's erasable detail beside its body, as base64 of JSON `{ "salt": base64, ...detail
 * }`.
 */

/** Both parts of a detail as the journal stores them: `detail` is the canonical JSON of an object. */
export interface SaltedDetail {
  readonly salt: Uint8Array;
  readonly detail: Uint8Array;
}

const FORM = /^\{"salt":"([A-Za-z0-9+/]*={0,2})"(?:,(.*))?\}$/su;

/**
 * Of a salt in base64 and the canonical JSON of a detail, whose digest covers its exact bytes: so it is spliced, and
 * never parsed and written anew.
 */
export function encodeDetail(salt: string, detail: string): string {
  const members = detail === '{}' ? '' : `,${detail.slice(1, -1)}`;
  return Buffer.from(`{"salt":"${salt}"${members}}`).toString('base64');
}

/** Null where the header is not of the form. */
export function decodeDetail(header: string): SaltedDetail | null {
  const [, salt, members = ''] = FORM.exec(Buffer.from(header, 'base64').toString('utf8')) ?? [];
  if (salt === undefined) return null;
  return { salt: Buffer.from(salt, 'base64'), detail: Buffer.from(`{${members}}`) };
}
