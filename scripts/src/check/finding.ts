// A finding: one thing that is not as the house wants it, and how it is shown to a person.

/** One thing that is not as the house wants it. */
export interface Finding {
  /** The path from the root of the repository, with `/` between folders. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The rule's name; it starts with the part of the check that found it. */
  readonly rule: string;
  readonly what: string;
  /** What the reader should do about it. */
  readonly remedy: string;
}

/** The finding as one line: `<file>:<line> <rule>: <what> — <what to do>`. */
export function formatFinding({ file, line, rule, what, remedy }: Finding): string {
  return `${file}:${line} ${rule}: ${what} — ${remedy}`;
}

/** The line, counted from 1, on which `needle` first stands in `text`; 1 where it does not. */
export function lineOf(text: string, needle: string): number {
  const at = text.indexOf(needle);
  return at < 0 ? 1 : text.slice(0, at).split('\n').length;
}
