/** Which counters of a session have been served: each once, in any order within a window (after RFC 6479). */
import { LIMITS } from '@keytrail/contracts';

const WORD_BITS = 32;
const WINDOW = LIMITS.sessionWindowMessages;

/** What is older than the window counts as served: nobody waits for it any more. */
export class ReplayWindow {
  private highest = 0;
  /** One bit for each counter of the window, at its place modulo the window. */
  private readonly served = new Uint32Array(WINDOW / WORD_BITS);

  /** Whether this counter, from 1, had not been served before; it is from now on. */
  serve(counter: number): boolean {
    if (counter <= this.highest - WINDOW) return false;
    if (counter > this.highest) this.moveTo(counter);
    const [word, bit] = placeOf(counter);
    const isNew = ((this.served[word] as number) & bit) === 0;
    this.served[word] = (this.served[word] as number) | bit;
    return isNew;
  }

  private moveTo(counter: number): void {
    if (counter - this.highest >= WINDOW) this.served.fill(0);
    else
      for (let passed = this.highest + 1; passed <= counter; passed++) {
        const [word, bit] = placeOf(passed);
        this.served[word] = (this.served[word] as number) & ~bit;
      }
    this.highest = counter;
  }
}

function placeOf(counter: number): readonly [word: number, bit: number] {
  const place = counter % WINDOW;
  return [Math.floor(place / WORD_BITS), 1 << (place % WORD_BITS)];
}
