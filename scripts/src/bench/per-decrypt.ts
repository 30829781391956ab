/** Which process has used how much for a decrypt. */

/** Microseconds of processor time since the start, by process; null where the system does not tell. */
export type Used = Readonly<Record<string, number | null>>;

/** By process, over all stretches together, in which so many were released; null where the system does not tell. */
export function perDecrypt(stretches: readonly (readonly [Used, Used])[], released: number): Used {
  const names = Object.keys(stretches[0]?.[0] ?? {});
  const used = names.map((name) => {
    const each = stretches.map(([before, after]) => (after[name] ?? Number.NaN) - (before[name] ?? Number.NaN));
    const us = each.reduce((sum, more) => sum + more, 0) / released;
    return [name, Number.isFinite(us) ? Math.round(us * 10) / 10 : null] as const;
  });
  return Object.fromEntries(used);
}
