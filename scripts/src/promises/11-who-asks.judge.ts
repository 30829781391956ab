/** Judges attacks on somebody's name: what each got, and whom the audit says it was. */
import { countsOf } from './counts.js';
import type { Verdict } from './proof.js';

/** One try of one attack. */
export interface AttackRecord {
  readonly attack: string;
  readonly requestId: string;
  readonly said: string;
  readonly accepted: boolean;
  /** A subject on which nothing may have been heard, in the end. */
  readonly trap?: string;
}

/** An honest request between two attacks. */
export interface ControlRecord {
  readonly requestId: string;
  readonly what: string;
  readonly served: boolean;
}

export interface WhoAsksHistory {
  /** All attacks there are, and how often each was to be tried. */
  readonly attacks: readonly string[];
  readonly times: number;
  readonly tried: readonly AttackRecord[];
  readonly controls: readonly ControlRecord[];
  /** The subjects on which anything went over the bus. */
  readonly heard: ReadonlySet<string>;
  readonly victim: string;
  /** What the audit has of these requests. */
  readonly events: readonly { readonly requestId: string; readonly principal: string; readonly type: string }[];
}

/** Promise 11: no attack accepted, none in the victim's name, and whoever was honest was served all the while. */
export function judgeWhoAsks({ attacks, times, tried, controls, heard, victim, events }: WhoAsksHistory): Verdict {
  const counts = countsOf(tried.map(({ attack }) => attack));
  const accepted = tried.filter((each) => each.accepted);
  const sprung = tried.filter(({ trap }) => trap !== undefined && heard.has(trap));
  const attackOf = new Map(tried.map(({ requestId, attack }) => [requestId, attack]));
  const named = events.filter(({ requestId, principal }) => principal === victim && attackOf.has(requestId));
  const obtained = new Set(
    events
      .filter(({ principal, type }) => principal === victim && /SecretDecrypted/.test(type))
      .map((e) => e.requestId),
  );
  const decrypts = controls.filter(({ what }) => what === 'decrypt');
  return {
    tried: tried.length,
    violations: [
      ...(controls.length > 0 ? [] : ['nobody was honest: a run in which nothing works shows nothing']),
      ...attacks
        .filter((attack) => (counts.get(attack) ?? 0) < times)
        .map((attack) => `"${attack}" was tried ${counts.get(attack) ?? 0} times, not ${times}`),
      ...accepted.map(({ attack, said }) => `"${attack}" was accepted: ${said}`),
      ...sprung.map(({ attack, trap }) => `"${attack}" made somebody speak on ${trap}`),
      ...named.map(({ requestId, type }) => `"${attackOf.get(requestId)}" stands in the audit as the victim’s ${type}`),
      ...controls
        .filter(({ served }) => !served)
        .map(({ what, requestId }) => `an honest ${what} was refused (${requestId})`),
      ...decrypts
        .filter(({ requestId, served }) => served && !obtained.has(requestId))
        .map(({ requestId }) => `the audit does not know who asked in ${requestId}, which the victim did`),
    ],
    details: {
      attacks: attacks.length,
      accepted: accepted.length + sprung.length,
      eventsInTheVictimsName: named.length,
      controls: controls.length,
      controlsServed: controls.filter(({ served }) => served).length,
      said: Object.fromEntries(countsOf(tried.map(({ said }) => said))),
    },
  };
}
