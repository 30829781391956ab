/** Work that takes a core, done for so long and no longer, and in stretches between which others have their turn. */
import { setImmediate as nextTurn } from 'node:timers/promises';

const STRETCH_MS = 10;

export class Pace {
  private readonly untilMs: number;
  private stretchEndsMs = 0;

  /** It is over after `mostMs`, or at `deadlineMs` (epoch milliseconds) where that is sooner. */
  constructor(mostMs: number, deadlineMs: number) {
    this.untilMs = performance.now() + Math.min(mostMs, deadlineMs - Date.now());
    this.begin();
  }

  /** Asked after each step: whether there is time for another one. */
  async isOver(): Promise<boolean> {
    const nowMs = performance.now();
    if (nowMs >= this.untilMs) return true;
    if (nowMs >= this.stretchEndsMs) {
      await nextTurn();
      this.begin();
    }
    return false;
  }

  private begin(): void {
    this.stretchEndsMs = performance.now() + STRETCH_MS;
  }
}
