/** Says at most once a second what a stranger can make happen a thousand times. */

const EVERY_MS = 1_000;

/** Returns a function that counts; `say` is told the count a second after the first. */
export function tally(say: (count: number) => void): () => void {
  let count = 0;
  const tell = (): void => {
    say(count);
    count = 0;
  };
  return () => {
    if (count++ === 0) setTimeout(tell, EVERY_MS).unref();
  };
}
