/** Variables that name a file: most are replaced by what stands in it. */
import fs from 'node:fs';
import { z } from 'zod';

/** The path of a file that holds a secret, replaced by the file's content without the white space around it. */
export const SecretFile = contentOf(isPrivate);

/** The same of a file that others may read too. */
export const PublicFile = contentOf(() => true);

/** The path of a file that somebody else will read: it stays a path once it is clear that this process can. */
export const ReadableFile = z.string().superRefine((path, context) => {
  const content = readFile(path, () => true);
  if (!content.ok) context.addIssue({ code: 'custom', message: content.message });
});

/** Another owner's file (a mounted Kubernetes or container secret) has the mode that its platform gives it. */
function isPrivate({ uid, mode }: fs.Stats): boolean {
  return uid !== process.getuid?.() || (mode & 0o077) === 0;
}

function contentOf(isProtected: (stats: fs.Stats) => boolean) {
  return z.string().transform((path, context) => {
    const content = readFile(path, isProtected);
    if (content.ok) return content.text;
    context.addIssue({ code: 'custom', message: content.message });
    return z.NEVER;
  });
}

type Content = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/** No message names the path: whoever puts the secret itself in the variable must not find it in a log. */
function readFile(path: string, isProtected: (stats: fs.Stats) => boolean): Content {
  let file: number | undefined;
  try {
    file = fs.openSync(path, 'r');
    if (!isProtected(fs.fstatSync(file)))
      return { ok: false, message: 'names a file that others can read: chmod 600 it, and replace the secret in it' };
    const text = fs.readFileSync(file, 'utf8').trim();
    return text === '' ? { ok: false, message: 'names an empty file' } : { ok: true, text };
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return { ok: false, message: `must be the path of a file that this process can read (${code})` };
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}
