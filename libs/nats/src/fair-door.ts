/** Whose turn it is: however much one caller asks at once, the others are served in between. */

export interface FairDoorOptions {
  /** Up to so much is inside at once, whoever it is of. */
  readonly inside: number;
  /** Whoever has less than this inside does not wait even so, */
  readonly ofEach: number;
  /** as long as there is less than this inside in all. */
  readonly insideAtMost: number;
  /** So many wait. */
  readonly waiting: number;
}

export interface Visitor {
  readonly caller: string;
  /** How much it is, from 1, in the unit of `inside`. */
  readonly weight: number;
}

/** Callers of whom nothing is inside or waits, and who are remembered all the same: most come again at once. */
const IDLE_CALLERS = 1_024;

interface Lane<T> {
  readonly caller: string;
  /** The weight of what is inside. */
  inside: number;
  readonly waiting: T[];
}

/**
 * Admits at once while there is room. From then on the next is of whoever has least inside, and each caller's own come
 * in the order in which they came: so that all who wait come to have the same inside. Where too many wait, whoever has
 * most waiting loses the last of theirs: a flood can displace itself alone. Nothing is allocated until somebody waits.
 */
export class FairDoor<T extends Visitor> {
  private readonly lanes = new Map<string, Lane<T>>();
  /** Those in which somebody waits, whoever has had no turn for longest first. */
  private readonly turns = new Set<Lane<T>>();
  private insideNow = 0;
  private waitingNow = 0;
  private visitorsNow = 0;

  constructor(private readonly options: FairDoorOptions) {}

  /** The weight of all that is inside. */
  get inside(): number {
    return this.insideNow;
  }

  get waiting(): number {
    return this.waitingNow;
  }

  /** How many are inside or wait. */
  get visitors(): number {
    return this.visitorsNow;
  }

  /** How many callers are remembered. */
  get callers(): number {
    return this.lanes.size;
  }

  /** Whether it may come in at once; it is inside then, and is to `leave`. Else it has to `wait`. */
  enter({ caller, weight }: T): boolean {
    const lane = this.laneOf(caller);
    if (lane.waiting.length > 0 || !this.hasRoomFor(lane)) return false;
    lane.inside += weight;
    this.insideNow += weight;
    this.visitorsNow++;
    return true;
  }

  /** Returns whoever has lost its place for this one, or this one where it gets none; null where nobody loses. */
  wait(visitor: T): T | null {
    const lane = this.laneOf(visitor.caller);
    const lost = this.waitingNow < this.options.waiting ? null : this.displacedFor(lane);
    if (lost === undefined) {
      this.forgetIdle(lane);
      return visitor;
    }
    lane.waiting.push(visitor);
    this.turns.add(lane);
    this.waitingNow++;
    this.visitorsNow++;
    return lost;
  }

  /** There may be room for the `next`. */
  leave({ caller, weight }: T): void {
    const lane = this.laneOf(caller);
    lane.inside -= weight;
    this.insideNow -= weight;
    this.visitorsNow--;
    this.forgetIdle(lane);
  }

  /** Whoever's turn it is: inside from now on, and to `leave`. Null where nobody waits, or there is no room. */
  next(): T | null {
    if (this.waitingNow === 0) return null;
    let first: Lane<T> | null = null;
    for (const lane of this.turns) if (first === null || lane.inside < first.inside) first = lane;
    return first !== null && this.hasRoomFor(first) ? this.admit(first) : null;
  }

  private laneOf(caller: string): Lane<T> {
    const known = this.lanes.get(caller);
    if (known !== undefined) return known;
    const lane = { caller, inside: 0, waiting: [] };
    this.lanes.set(caller, lane);
    return lane;
  }

  private hasRoomFor(lane: Lane<T>): boolean {
    const { inside, ofEach, insideAtMost } = this.options;
    return this.insideNow < inside || (lane.inside < ofEach && this.insideNow < insideAtMost);
  }

  private admit(lane: Lane<T>): T {
    const visitor = lane.waiting.shift() as T;
    this.waitingNow--;
    this.turns.delete(lane);
    if (lane.waiting.length > 0) this.turns.add(lane);
    lane.inside += visitor.weight;
    this.insideNow += visitor.weight;
    return visitor;
  }

  /** Undefined where nobody has more waiting than this lane would have with one more. */
  private displacedFor({ waiting }: Lane<T>): T | undefined {
    let longest = waiting;
    for (const lane of this.turns) if (lane.waiting.length > longest.length) longest = lane.waiting;
    if (longest.length <= waiting.length + 1) return undefined;
    this.waitingNow--;
    this.visitorsNow--;
    return longest.pop();
  }

  private forgetIdle({ caller, inside, waiting }: Lane<T>): void {
    if (inside === 0 && waiting.length === 0 && this.lanes.size > IDLE_CALLERS) this.lanes.delete(caller);
  }
}
