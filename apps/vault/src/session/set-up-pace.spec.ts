/** How fast sessions may be opened. */
import { expect, it } from '@jest/globals';
import type { Principal } from '@keytrail/contracts';
import { SetUpPace } from './set-up-pace.js';

const [billing, chatbot] = ['b'.repeat(26), 'c'.repeat(26)] as Principal[] as [Principal, Principal];

it('a principal that opens too many sessions waits for the next minute, and nobody else does', () => {
  const pace = new SetUpPace(3);
  const taken = (principal: Principal, nowMs: number) => Array.from({ length: 4 }, () => pace.take(principal, nowMs));
  expect(taken(billing, 1_000)).toEqual([true, true, true, false]);
  expect(pace.take(billing, 60_999)).toBe(false);
  expect(pace.take(chatbot, 60_999)).toBe(true);
  expect(taken(billing, 61_000)).toEqual([true, true, true, false]);
});
