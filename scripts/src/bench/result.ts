/** What every benchmark answers. */

/** Its figures stand beside these; `addsUp` is false where the events that it counted are not those that it caused. */
export interface BenchResult {
  readonly name: string;
  readonly addsUp: boolean;
}
