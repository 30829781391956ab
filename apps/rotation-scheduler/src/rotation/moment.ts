/** Arithmetic on moments in RFC 3339 (UTC, milliseconds), which sort as text. */

const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** `seconds` may be negative. Stays within the years 1 to 9999: others cannot be written in four digits. */
export function plusSeconds(moment: string, seconds: number): string {
  const ms = Date.parse(moment) + seconds * 1_000;
  return new Date(Math.min(Math.max(ms, FIRST_MS), LAST_MS)).toISOString();
}
