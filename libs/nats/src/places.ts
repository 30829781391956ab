/** Places for what comes and goes by the thousand. */

export interface Numbered {
  readonly number: number;
}

const FIRST_PLACES = 64;

/**
 * Each that comes gets a number that none had before, and by it a place, which is taken again once it is empty. A Map
 * would tell as much; but one whose entries come and go is copied every so often, each copy is held by the one before,
 * and holds what was in it: as soon as one of them is old, no collection of the young generation frees any that follow,
 * and whatever was ever in the Map lives until the whole heap is looked at.
 */
export class Places<T extends Numbered> {
  private places = emptyPlaces<T>(FIRST_PLACES);
  private taken = 0;
  private number = -1;

  /** How many are here. */
  get size(): number {
    return this.taken;
  }

  /** How many places there are, taken or not. */
  get length(): number {
    return this.places.length;
  }

  /** Takes in what is made with its number. `make` must not come back here. */
  add(make: (number: number) => T): T {
    if (this.taken * 2 >= this.places.length) this.widen();
    do this.number++;
    while (this.places[this.number % this.places.length] !== null);
    const item = make(this.number);
    this.places[this.number % this.places.length] = item;
    this.taken++;
    return item;
  }

  /** Null where nothing with this number is here, or it is not a number. */
  get(number: number): T | null {
    const found = this.places[number % this.places.length];
    return found?.number === number ? found : null;
  }

  remove(number: number): void {
    if (this.get(number) === null) return;
    this.places[number % this.places.length] = null;
    this.taken--;
  }

  /** All that are here, in no order, but what is removed before its turn. */
  *[Symbol.iterator](): Generator<T, void> {
    for (const item of this.places) if (item !== null) yield item;
  }

  /** Two that had places of their own have them among more, too. */
  private widen(): void {
    const wider = emptyPlaces<T>(this.places.length * 2);
    for (const item of this) wider[item.number % wider.length] = item;
    this.places = wider;
  }
}

const emptyPlaces = <T>(length: number): (T | null)[] => Array.from({ length }, () => null);
