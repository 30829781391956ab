/** Places: whatever comes and goes in whatever order, each is found under its own number and nothing under another. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Places } from './places.js';

interface Guest {
  readonly number: number;
}

const guests = (): Places<Guest> => new Places<Guest>();
const come = (places: Places<Guest>): Guest => places.add((number) => ({ number }));

/** True: one more comes; else, of those that are here, the one at this place of their order goes. */
const moves = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, fc.nat({ max: 400 })), { maxLength: 400 });

describe('places', () => {
  it('find each that is here and none that has gone, as a Map would', () => {
    fc.assert(
      fc.property(moves, (all) => {
        const places = guests();
        const here = new Map<number, Guest>();
        const given: number[] = [];
        for (const move of all) {
          const going = move === true ? undefined : [...here.keys()][move % (here.size || 1)];
          if (going === undefined) {
            const guest = come(places);
            given.push(guest.number);
            here.set(guest.number, guest);
          } else {
            places.remove(going);
            here.delete(going);
          }
        }
        expect(new Set(given).size).toBe(given.length);
        expect(given.map((number) => places.get(number))).toEqual(given.map((number) => here.get(number) ?? null));
        expect(new Set(places)).toEqual(new Set(here.values()));
        expect(places.size).toBe(here.size);
      }),
    );
  });

  it('are as few as are in use at once, one that stays notwithstanding', () => {
    const places = guests();
    const stays = come(places);
    for (let i = 0; i < 100_000; i++) places.remove(come(places).number);
    expect(places.get(stays.number)).toBe(stays);
    expect(places.length).toBe(64);
  });

  it('become more without losing anybody, however high the numbers are by then', () => {
    const places = guests();
    for (let i = 0; i < 1_000; i++) places.remove(come(places).number);
    const here = Array.from({ length: 200 }, () => come(places));
    expect(here.map(({ number }) => places.get(number))).toEqual(here);
    expect(places.length).toBeGreaterThan(200);
  });

  it.each([NaN, -1, 0.5, 64, Infinity])('know nobody by %d', (number) => {
    const places = guests();
    come(places);
    expect(places.get(number)).toBeNull();
    places.remove(number);
    expect(places.size).toBe(1);
  });
});
