/** When a quarantine that is imposed now ends, in the words of the rules. */

/** RFC 3339. `until` is null where no end was asked for; `nowMs` in epoch milliseconds. */
export const quarantineTimes = (ttlSeconds: number | undefined, nowMs: number) => ({
  until: ttlSeconds === undefined ? null : new Date(nowMs + ttlSeconds * 1_000).toISOString(),
  now: new Date(nowMs).toISOString(),
});
