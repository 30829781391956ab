/** Whose turn it is: what a flood can take from the others, and what it cannot. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FairDoor, type FairDoorOptions, type Visitor } from './fair-door.js';

const options: FairDoorOptions = { inside: 4, ofEach: 2, insideAtMost: 6, waiting: 6 };

type Named = Visitor & { readonly name: string };

/** `a3` is of the caller a, and as heavy as any other; `a3*5` is as heavy as five. */
const visitor = (name: string): Named => ({ name, caller: name.slice(0, 1), weight: Number(name.split('*')[1] ?? 1) });
const many = (caller: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${caller}${n + 1}`);

/** A door, and what has become of those that came, by their names. */
function doorOf(rest: Partial<FairDoorOptions> = {}) {
  const door = new FairDoor<Named>({ ...options, ...rest });
  const [served, lost]: [string[], string[]] = [[], []];
  return {
    door,
    served,
    lost,
    come: (...names: readonly string[]): void => {
      for (const one of names.map(visitor)) {
        if (door.enter(one)) served.push(one.name);
        else lost.push(...[door.wait(one)].flatMap((other) => other?.name ?? []));
      }
    },
    leave: (...names: readonly string[]): void => {
      for (const one of names.map(visitor)) {
        door.leave(one);
        for (let next = door.next(); next !== null; next = door.next()) served.push(next.name);
      }
    },
  };
}

describe('while there is room', () => {
  it('whoever comes is served at once, and nobody waits', () => {
    const { door, come, leave, served } = doorOf();
    come('a1', 'a2', 'a3', 'b1');
    leave('a1', 'b1');
    come('a4', 'a5');
    expect(served).toEqual(['a1', 'a2', 'a3', 'b1', 'a4', 'a5']);
    expect([door.inside, door.waiting]).toEqual([4, 0]);
  });

  it('it is taken by weight, and whoever comes while there is any comes in whole', () => {
    const { door, come, served } = doorOf();
    come('a1*3', 'a2*9', 'a3');
    expect(served).toEqual(['a1*3', 'a2*9']);
    expect([door.inside, door.waiting]).toEqual([12, 1]);
  });
});

describe('while a flood has all the room', () => {
  it('whoever else asks for little is served at once, and the flood is not', () => {
    const { come, served } = doorOf();
    come(...many('a', 6), 'b1', 'b2', 'b3');
    expect(served).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'b2']);
  });

  it('whoever asks for little has room again as soon as one of its own has left', () => {
    const { come, leave, served } = doorOf();
    come(...many('a', 6), 'b1', 'b2', 'b3');
    leave('b1');
    expect(served.slice(6)).toEqual(['b3']);
  });

  it('no more than so many are inside in all, however many ask for little', () => {
    const { door, come, leave, served } = doorOf();
    come(...many('a', 5), 'b1', 'c1', 'd1', 'e1');
    expect(served.slice(4)).toEqual(['b1', 'c1']);
    leave('a1');
    expect(served.slice(6)).toEqual(['d1']);
    expect([door.inside, door.waiting]).toEqual([6, 2]);
  });
});

describe('of those who wait', () => {
  it('whoever has least inside is next, in turns where they have as much, each one’s own in their order', () => {
    const { come, leave, served } = doorOf({ ofEach: 0 });
    come(...many('a', 7), 'b1', 'b2', 'c1');
    leave('a1', 'a2', 'a3', 'a4', 'b1', 'c1');
    expect(served.slice(4)).toEqual(['b1', 'c1', 'a5', 'b2', 'a6', 'a7']);
  });

  it('whoever is heavy has fewer turns', () => {
    const { come, leave, served } = doorOf({ ofEach: 0 });
    come('a1*4', 'a2*4', 'b1', 'b2', 'b3', 'b4', 'b5');
    leave('a1*4');
    expect(served.slice(1)).toEqual(['a2*4']);
    leave('a2*4');
    expect(served.slice(2)).toEqual(['b1', 'b2', 'b3', 'b4']);
  });

  it('nobody is overtaken by what comes later from the same caller', () => {
    const { come, leave, served } = doorOf({ ofEach: 0 });
    come(...many('a', 5));
    leave('a1');
    come('a6');
    leave('a2');
    expect(served).toEqual(many('a', 6));
  });
});

describe('where too many wait', () => {
  it('a flood is turned away itself', () => {
    const { door, come, lost } = doorOf();
    come(...many('a', 13));
    expect(lost).toEqual(['a11', 'a12', 'a13']);
    expect(door.waiting).toBe(6);
  });

  it('whoever has most waiting loses the last of theirs for somebody else', () => {
    const { come, leave, served, lost } = doorOf({ ofEach: 0 });
    come(...many('a', 10), 'b1', 'b2');
    expect(lost).toEqual(['a10', 'a9']);
    leave('a1', 'a2', 'a3', 'a4');
    expect(served.slice(4)).toEqual(['b1', 'b2', 'a5', 'a6']);
  });

  it('nobody loses for somebody who would have as many waiting', () => {
    const { come, lost } = doorOf({ ofEach: 0 });
    come(...many('a', 10), ...many('b', 5));
    expect(lost).toEqual(['a10', 'a9', 'a8', 'b4', 'b5']);
  });
});

describe('of callers of whom nothing is left', () => {
  it('a thousand are remembered', () => {
    const { door, come, leave } = doorOf();
    for (let n = 0; n < 5_000; n++) {
      come(String.fromCodePoint(n + 1_000));
      leave(String.fromCodePoint(n + 1_000));
    }
    expect(door.callers).toBeLessThanOrEqual(1_025);
  });

  it('no more are, where they were turned away', () => {
    const { door, come, lost } = doorOf({ ofEach: 0, waiting: 0 });
    come(...many('a', 4));
    for (let n = 0; n < 5_000; n++) come(String.fromCodePoint(n + 1_000));
    expect(lost).toHaveLength(5_000);
    expect(door.callers).toBeLessThanOrEqual(1_025);
  });
});

/** The same door, told as plainly as can be: who is inside, and who waits, in the order of their turns. */
function modelOf({ inside, ofEach, insideAtMost, waiting }: FairDoorOptions) {
  const [within, served, lost]: [string[], string[], string[]] = [[], [], []];
  let lanes: readonly (readonly string[])[] = [];
  const callerOf = (name = '') => visitor(name).caller;
  const weightOf = (names: readonly string[]) => names.reduce((sum, name) => sum + visitor(name).weight, 0);
  const insideOf = (caller: string) => weightOf(within.filter((name) => callerOf(name) === caller));
  const laneOf = (caller: string) => lanes.find(([first]) => callerOf(first) === caller) ?? [];
  const hasRoom = (caller: string) =>
    weightOf(within) < inside || (insideOf(caller) < ofEach && weightOf(within) < insideAtMost);
  const replace = (lane: readonly string[], by: readonly string[]): void => {
    lanes = lanes.map((each) => (each === lane ? by : each));
  };
  const serve = (name: string): void => {
    within.push(name);
    served.push(name);
  };
  const push = (name: string): void => {
    const own = laneOf(callerOf(name));
    if (own.length > 0) replace(own, [...own, name]);
    else lanes = [...lanes, [name]];
  };
  const displace = (name: string): void => {
    const own = laneOf(callerOf(name));
    const longest = lanes.reduce<readonly string[]>((most, each) => (each.length > most.length ? each : most), own);
    if (longest.length <= own.length + 1) return void lost.push(name);
    lost.push(longest.at(-1) as string);
    replace(longest, longest.slice(0, -1));
    push(name);
  };
  const settle = (): void => {
    const least = Math.min(...lanes.map(([first]) => insideOf(callerOf(first))));
    const lane = lanes.find(([first]) => insideOf(callerOf(first)) === least) ?? [];
    const [first, ...rest] = lane;
    if (first === undefined || !hasRoom(callerOf(first))) return;
    serve(first);
    lanes = [...lanes.filter((each) => each !== lane), ...(rest.length > 0 ? [rest] : [])];
    settle();
  };
  return {
    within,
    served,
    lost,
    inside: () => weightOf(within),
    waiting: () => lanes.flat(),
    hasRoom,
    come: (name: string): void => {
      if (laneOf(callerOf(name)).length === 0 && hasRoom(callerOf(name))) serve(name);
      else if (lanes.flat().length < waiting) push(name);
      else displace(name);
    },
    leave: (name: string): void => {
      within.splice(within.indexOf(name), 1);
      settle();
    },
  };
}

describe('whatever comes and leaves', () => {
  const anyOptions = fc.record({
    inside: fc.integer({ min: 1, max: 4 }),
    ofEach: fc.integer({ min: 0, max: 3 }),
    insideAtMost: fc.integer({ min: 4, max: 7 }),
    waiting: fc.integer({ min: 0, max: 6 }),
  });
  const coming = fc.record({
    caller: fc.constantFrom<string[]>('a', 'a', 'a', 'b', 'c', 'd'),
    weight: fc.constantFrom(1, 1, 3),
  });
  const steps = fc.array(fc.option(coming), { maxLength: 120 });

  it('each is inside, waits, has lost its place or is gone, as in the model; and nobody waits where there is room', () => {
    fc.assert(
      fc.property(anyOptions, steps, fc.nat(), (bounds, all, chance) => {
        const [real, model] = [doorOf(bounds), modelOf(bounds)];
        const came: string[] = [];
        for (const [n, step] of all.entries()) {
          const gone = model.within[(n * chance) % Math.max(1, model.within.length)];
          if (step !== null) {
            came.push(`${step.caller}${n}*${step.weight}`);
            for (const door of [real, model]) door.come(came.at(-1) as string);
          } else if (gone !== undefined) for (const door of [real, model]) door.leave(gone);
          expect([real.served, real.lost]).toEqual([model.served, model.lost]);
          expect([real.door.inside, real.door.waiting]).toEqual([model.inside(), model.waiting().length]);
          expect(real.door.visitors).toBe(model.within.length + model.waiting().length);
          expect(real.door.inside).toBeLessThan(bounds.insideAtMost + 3);
          expect(real.door.waiting).toBeLessThanOrEqual(bounds.waiting);
          expect(model.waiting().filter((name) => model.hasRoom(visitor(name).caller))).toEqual([]);
        }
        // Nothing is lost without a word, and nothing is served twice.
        expect([...real.served, ...real.lost, ...model.waiting()].toSorted()).toEqual(came.toSorted());
      }),
    );
  });

  it('nobody who waits is served before somebody else who has less inside', () => {
    fc.assert(
      fc.property(fc.array(coming, { maxLength: 60 }), (all) => {
        const { come, leave, served } = doorOf({ inside: 9, ofEach: 0, waiting: 60 });
        const names = all.map(({ caller, weight }, n) => `${caller}${n}*${weight}`);
        come(...names);
        const [within, waiting] = [new Set(served), new Set(names.filter((name) => !served.includes(name)))];
        const insideOf = (of: Named) =>
          [...within].map(visitor).reduce((sum, { caller, weight }) => sum + (caller === of.caller ? weight : 0), 0);
        while (within.size > 0) {
          const [gone = ''] = within;
          within.delete(gone);
          const before = served.length;
          leave(gone);
          for (const name of served.slice(before)) {
            const least = Math.min(...[...waiting].map((each) => insideOf(visitor(each))));
            expect(insideOf(visitor(name))).toBe(least);
            waiting.delete(name);
            within.add(name);
          }
        }
        expect(waiting.size).toBe(0);
      }),
    );
  });
});
