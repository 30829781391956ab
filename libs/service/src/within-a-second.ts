/** Bounds what an operator's question waits for: whoever asks how things are must hear it even when they hang. */

const LIMIT_MS = 1_000;

/** What `work` answers. Rejects with what it throws, and where it takes over a second; it is not stopped then. */
export async function withinASecond<T>(work: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within a second')), LIMIT_MS);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
