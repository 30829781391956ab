/**
 * Records what a batch has brought to light, in its transaction: the events, and the findings that are told of them.
 */
import type { AnomalyDetected, Principal } from '@keytrail/contracts';
import { EVENTS, findingStream } from '@keytrail/contracts';
import type { Commit } from '@keytrail/eventsourcing';
import type { DatabaseTransaction } from '@keytrail/postgres';
import { appendWithin } from '@keytrail/postgres';
import type { Detection, EpisodeStanding, Raised } from '../detection.js';
import type { NewFinding } from './finding.store.js';
import { addFindings, moveFindings } from './finding.store.js';

/** `principal` is the detector's own; the request is the one whose access has set a finding off. */
export async function recordFindings(
  tx: DatabaseTransaction,
  { raised, standings }: Detection,
  principal: Principal,
): Promise<void> {
  await moveFindings(tx, standings);
  if (raised.length === 0) return;
  const commits = raised.map((each) => commitOf(each, principal));
  const outcomes = await appendWithin(tx, EVENTS.AnomalyDetected.service, commits);
  const added = raised.map((each, i): NewFinding => {
    const outcome = outcomes[i];
    if (outcome?.status !== 'committed') throw new Error('a new finding has a stream already');
    const { subject: reference, workspace } = each.of;
    const standing = standings.get(each.turn.finding) as EpisodeStanding;
    const detectedAt = outcome.recorded[0]?.time as string;
    return { ...dataOf(each), ...standing, reference, workspace, detectedAt };
  });
  await addFindings(tx, added);
}

function commitOf(raised: Raised, principal: Principal): Commit<AnomalyDetected, DatabaseTransaction> {
  const { subject, workspace, requestid: requestId, traceparent } = raised.of;
  return {
    stream: findingStream(raised.turn.finding),
    aggregate: EVENTS.AnomalyDetected.aggregate,
    subject,
    expectedRevision: 0,
    events: [{ type: 'AnomalyDetected', data: dataOf(raised) }],
    facts: { workspace, principal, requestId, ...(traceparent !== undefined && { traceparent }), detail: {} },
    withdraws: false,
  };
}

function dataOf({ of, turn }: Raised): AnomalyDetected['data'] {
  const { rule, windowSeconds, threshold } = turn.rule;
  const { finding: findingId, count } = turn;
  return { findingId, rule, windowSeconds, threshold, count, observedAt: of.time, eventId: of.id };
}
