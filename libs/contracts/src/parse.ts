/** Untrusted data to typed data: one way to parse at every door, with messages that never quote a value. */
import type { z } from 'zod';

/** One thing wrong with the input: where (`value.text`), and what to do about it. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: readonly Issue[] };

/** Parses `input` by `schema`; every mistake is listed, none of them quotes the input. */
export function parse<S extends z.ZodType>(schema: S, input: unknown): Parsed<z.infer<S>> {
  // Without its input a wrong type cannot be told from a missing key; no message quotes it.
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, issues: result.error.issues.map(issueOf) };
}

/** The issues as one sentence. */
export function sentenceOf(issues: readonly Issue[]): string {
  return issues.map(({ path, message }) => (path === '' ? message : `${path} ${message}`)).join('; ');
}

function issueOf(issue: z.core.$ZodIssue): Issue {
  return { path: issue.path.map(String).filter(isNameLike).join('.'), message: messageOf(issue) };
}

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `has an unknown key${issue.keys
        .filter(isNameLike)
        .map((key) => ` ${key}`)
        .join(',')}`;
    case 'invalid_type':
      return issue.input === undefined ? `is missing` : `must be of type ${issue.expected}`;
    default:
      return issue.message.replace(/^Invalid input: /, '');
  }
}

/** A key is echoed only where it cannot be a misplaced secret: a short identifier. */
function isNameLike(key: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,31}$|^\d{1,4}$/.test(key);
}
