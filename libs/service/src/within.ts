/** Bounds a wait: whoever asks how things are must hear it, and whoever stops must end, even where something hangs. */

/** What `work` answers. Rejects with what it throws, and where it takes over `ms`; it is not stopped then. */
export async function within<T>(ms: number, work: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
