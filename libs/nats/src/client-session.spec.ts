/** One session for all that wait for it, and another where the first is a long time coming. */
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { LIMITS, type RpcReply, type SessionId } from '@keytrail/contracts';
import { ok } from './answer.js';
import { type ClientSession, clientSessions } from './client-session.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const session = (id: string): ClientSession => ({
  sessionId: id as SessionId,
  usableUntilMs: Date.now() + 60_000,
  keysOf: () => {
    throw new Error('nobody asks here');
  },
  next: () => '1',
});

it('is opened once for all, until it seems lost; then another is, and serves those who come later', async () => {
  const opened: ((reply: RpcReply<ClientSession>) => void)[] = [];
  const sessions = clientSessions(() => new Promise((resolve) => opened.push(resolve)));
  const [early, also] = [sessions.current(), sessions.current()];
  jest.advanceTimersByTime(LIMITS.deadlineDefaultMs);
  void sessions.current();
  expect(opened).toHaveLength(1);
  jest.advanceTimersByTime(1);
  const later = sessions.current();
  expect(opened).toHaveLength(2);
  const second = ok(session('second'));
  opened[1]?.(second);
  expect(await later).toEqual(second);
  expect(await sessions.current()).toEqual(second);
  const first = ok(session('first'));
  opened[0]?.(first);
  expect(await Promise.all([early, also])).toEqual([first, first]);
  expect(opened).toHaveLength(2);
});

it('that could not be opened is tried again by whoever comes next', async () => {
  const open = jest.fn<() => Promise<RpcReply<ClientSession>>>();
  const sessions = clientSessions(open);
  open.mockRejectedValueOnce(new Error('no credential'));
  await expect(sessions.current()).rejects.toThrow('no credential');
  open.mockResolvedValueOnce(ok(session('next')));
  expect(await sessions.current()).toMatchObject({ ok: true, value: { sessionId: 'next' } });
});
