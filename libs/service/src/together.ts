/** Answers those who ask at once as one: strangers' questions must not keep the database from those who work. */

/** Does `work` for who asks; others who ask while it is under way are given its answer, later ones a fresh one. */
export function together<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<T> | null = null;
  return () => (underWay ??= work().finally(() => (underWay = null)));
}
