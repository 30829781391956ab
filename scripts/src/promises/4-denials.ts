/** Promise 4: people ask for what they may and may not have, one by one and by the hundred; the journal is counted. */
import type { System } from '../system.js';
import { type Attempt, type DenialEvent, type DenialHistory, judgeDenials } from './4-denials.judge.js';
import { BROKEN, PEOPLE, REASONS, WORKSPACE } from './4-model.js';
import { fallen, floods, lane, lookAround } from './4-scenes.js';
import { makeWorld } from './4-world.js';
import { proof } from './proof.js';
import { query } from './records.js';

export const denials = proof(
  [
    {
      promise: 4,
      name: 'denied and failed attempts are events too',
      fullScale: 10_000,
      judge: judgeDenials,
    },
  ],
  async (scene): Promise<DenialHistory> => {
    const system = await scene.system();
    const world = await makeWorld(system);
    const attempts: Attempt[] = [];
    const stage = { scene, system, attempts };
    await fallen(stage, world);
    const sights = await lookAround(stage, world.blind);
    await Promise.all([
      ...PEOPLE.map((name) => lane(stage, name, world.people[name])),
      floods(stage, world.people.stranger),
    ]);
    const principals = new Set(attempts.map(({ principal }) => principal));
    return { attempts, events: await eventsOf(system, [...principals]), sights, reasons: REASONS };
  },
);

/** All events that tell of attempts of these principals; what is of no workspace is told above all of them. */
function eventsOf(system: System, principals: readonly string[]): Promise<readonly DenialEvent[]> {
  return query<DenialEvent>(
    system.databaseUrl('vault'),
    `select id, type, said ->> 'principal' as principal, said ->> 'subject' as subject, said ->> 'requestid' as "requestId",
            said #>> '{data,reason}' as reason, said #>> '{data,permission}' as permission,
            coalesce((said #>> '{data,count}')::int, 1) as count, said #>> '{data,repeatOf}' as "repeatOf"
       from (select id, type, convert_from(body, 'UTF8')::jsonb as said from access_journal
              where type in ('SecretDecrypted', 'SecretAccessDenied', 'OperationDenied')
                and workspace in ('_system', $2, $3)) as events
      where said ->> 'principal' = any($1)`,
    [principals, WORKSPACE, BROKEN],
  );
}
