/** Judges what the owner of the bus could read, and what they could make others believe. */
import { countsOf } from './counts.js';
import type { Honest, Said } from './12-forgery.js';
import type { SearchedRecording } from './12-recording.js';
import { ENCODINGS } from './15-nothing-in-clear.judge.js';
import type { Verdict } from './proof.js';

/** One forged message. */
export interface ForgedRecord extends Said {
  readonly forgery: string;
}

export interface SealedHistory {
  readonly recording: SearchedRecording;
  /** All forgeries there are, and how often each was to be tried. */
  readonly forgeries: readonly string[];
  readonly times: number;
  /** How often each was tried, by name. */
  readonly attempts: readonly string[];
  readonly forged: readonly ForgedRecord[];
  readonly honest: readonly Honest[];
  /** Request ids of the values that were released in the victim's workspace, as the journal has them. */
  readonly released: readonly string[];
}

/** Promise 12. */
export function judgeSealed(history: SealedHistory): Verdict {
  const { recording, forgeries, attempts, forged, honest, released } = history;
  const { messages, bytes, canaries, found } = recording;
  const seen = found.filter(({ needle }) => needle < canaries);
  const accepted = forged.filter((each) => each.accepted);
  const twice = [...countsOf(released)].filter(([, times]) => times > 1).map(([requestId]) => requestId);
  return {
    tried: attempts.length,
    violations: [
      ...brokenByRecording(recording),
      ...seen.map(({ needle, encoding }) => `value ${needle} went over the bus as ${encoding}`),
      ...brokenByOmission(history),
      ...accepted.map(({ forgery, said }) => `"${forgery}" was accepted: ${said}`),
      ...twice.map((requestId) => `request ${requestId} was served more than once`),
      ...brokenByHonest(honest, released),
    ],
    details: {
      recorded: { messages, bytes, values: canaries },
      plaintextsSeen: seen.length,
      forgeries: forgeries.length,
      forgedMessages: forged.length,
      forgeriesAccepted: accepted.length,
      servedTwice: twice.length,
      honest: honest.length,
      honestServed: honest.filter(({ got }) => got === 'intact').length,
      said: Object.fromEntries(countsOf(forged.map(({ said }) => said))),
    },
  };
}

function brokenByRecording({ canaries, stored, intact, found }: SearchedRecording): readonly string[] {
  const decoys = [...ENCODINGS.map((encoding) => [canaries, encoding] as const), [canaries + 1, 'raw'] as const];
  const blind = decoys.filter(
    ([decoy, as]) => !found.some(({ needle, encoding }) => needle === decoy && encoding === as),
  );
  return [
    ...(canaries > 0 && stored > 0 ? [] : ['no value was on its way: this run shows nothing']),
    ...(intact === stored ? [] : [`${stored - intact} values were not obtained as they were stored`]),
    ...blind.map(([decoy, as]) => `the recording is blind: it does not have decoy ${decoy - canaries} as ${as}`),
  ];
}

function brokenByOmission({ forgeries, times, attempts, forged }: SealedHistory): readonly string[] {
  const counts = countsOf(attempts);
  const elsewhere = forged.some(
    ({ forgery, said }) => forgery.startsWith('replayed') && said === 'sealed auth.session_invalid',
  );
  return [
    ...forgeries
      .filter((forgery) => (counts.get(forgery) ?? 0) < times)
      .map((forgery) => `"${forgery}" was tried ${counts.get(forgery) ?? 0} times, not ${times}`),
    // A replica that has served a request itself says no in clear.
    ...(elsewhere ? [] : ['no request was sent again to the replica that had not served it: this run shows nothing']),
  ];
}

/** Whoever asks honestly gets the value, and each value that was released was asked for. */
function brokenByHonest(honest: readonly Honest[], released: readonly string[]): readonly string[] {
  const [asked, events] = [new Set(honest.map(({ requestId }) => requestId)), new Set(released)];
  const refused = honest.filter(({ got }) => got !== 'intact' && got !== 'unheard');
  return [
    ...(honest.length > 0 ? [] : ['nobody was honest: a run in which nothing works shows nothing']),
    ...refused.map(({ requestId, got }) => `the honest request ${requestId} got: ${got}`),
    ...honest
      .filter(({ requestId, got }) => got === 'intact' && !events.has(requestId))
      .map(({ requestId }) => `request ${requestId} was served without an event of its own`),
    ...[...events]
      .filter((id) => !asked.has(id))
      .map((id) => `a value was released to ${id}, which nobody honest sent`),
  ];
}
