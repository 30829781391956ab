/** A policy engine that has met a trap; in a file of its own, because nothing is decided after it. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isCedarBroken } from '@keytrail/access';
import type { AuditOnTheBus } from '../audit.fixture.js';
import { auditOnTheBus } from '../audit.fixture.js';
import { FORBID_ALL, permitWhen, Room, Somebody } from './access.fixture.js';

let on: AuditOnTheBus;
beforeAll(async () => {
  on = await auditOnTheBus();
}, 60_000);
afterAll(() => on?.end(), 30_000);

it('answers nothing about decisions any more, and the audit all else', async () => {
  const [fine, room, service] = [new Room('fine'), new Room('broken'), new Somebody()];
  service.bound('service', fine).bound('service', room);
  const accesses = [fine, room].map((each) => each.access(service.principal));
  // No vault publishes this; nothing that is checked before it is read ends the engine.
  const trap = room.published('trap', permitWhen(Array(3_900).fill('1').join('+')));
  await on.publish(fine.created(), room.created(), ...service.events, trap, ...accesses);
  const tried = ({ slug }: Room) => on.whatIf({ name: 'draft', source: FORBID_ALL }, slug);
  expect(await tried(fine)).toMatchObject({ ok: true, value: { changes: [{ accesses: 1 }] } });
  const refused = { ok: false, error: { code: 'service.unavailable', retryable: true } };
  expect(await tried(room)).toMatchObject(refused);
  expect(isCedarBroken()).toBe(true);
  expect(await tried(fine)).toMatchObject(refused);
  expect(await on.list({}, 'broken')).toMatchObject({ ok: true, value: { items: { length: 3 } } });
  expect(on.lines.filter((line) => line.includes('the policy engine has failed'))).toHaveLength(2);
});
