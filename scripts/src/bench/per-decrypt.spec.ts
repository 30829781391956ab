/** Microseconds by process. */
import { expect, it } from '@jest/globals';
import { perDecrypt } from './per-decrypt.js';

it('what was used between looks is shared by what was released', () => {
  const stretches = [
    [
      { vault: 100, nats: 0 },
      { vault: 600, nats: 20 },
    ],
    [
      { vault: 5_000, nats: 40 },
      { vault: 5_500, nats: 53 },
    ],
  ] as const;
  expect(perDecrypt(stretches, 10)).toEqual({ vault: 100, nats: 3.3 });
});

it('of a process that is not told of, or of nothing that was released, there is no share', () => {
  expect(perDecrypt([[{ vault: null }, { vault: 600 }]], 10)).toEqual({ vault: null });
  expect(perDecrypt([[{ vault: 0 }, { vault: 600 }]], 0)).toEqual({ vault: null });
});
