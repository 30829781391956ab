/** What an analyst does where something looks odd: asks why, holds back, and gives back. */
import type { Explanation, SecretDescription } from '@keytrail/contracts';
import type { Cast } from './cast.js';
import type { Telling } from './telling.js';

const permission = 'secret.decrypt';

/** Why billing is refused now, and that it was not `before`: by which statement, on which facts. */
export async function explainRefusal(
  { analyst, principals: { billing: principal } }: Cast,
  { reference, before }: { readonly reference: string; readonly before: string },
  { say, curl }: Telling,
): Promise<boolean> {
  const question = { workspace: reference.split('.')[1], principal, permission, reference };
  say('   The analyst asks why, and whether it was so before:');
  curl('analyst', `~/access/explain --json '${JSON.stringify(question)}'`);
  const explain = (more: object) => analyst.post<Explanation>('/access/explain', { ...question, ...more });
  const [now, then] = [await explain({}), await explain({ asOf: before })];
  say(`   now: ${now.message} (${now.reason}, the secret is ${now.facts.secret?.status})`);
  const by = then.decidedBy.map(({ id }) => id).join(', ');
  say(`   at ${then.asOf}: ${then.message} (${by}; revision ${then.facts.principal?.revision} of the principal)`);
  return now.reason === 'secret.revoked' && then.allowed && by === 'role:service';
}

interface QuarantineStory {
  readonly reference: string;
  /** Obtains it once more. */
  readonly readAgain: () => Promise<{ readonly matches: boolean; readonly eventIds: readonly string[] }>;
}

/** From everybody, for an hour at most; released before. */
export async function holdBack(
  { analyst, billing }: Cast,
  { reference, readAgain }: QuarantineStory,
  { say, curl }: Telling,
) {
  say('\n6. Until somebody knows more the analyst holds that key back, for an hour at most:');
  curl('analyst', `~/secrets/${reference}/quarantine --json '{"reason":"asked for too often","ttlSeconds":3600}'`);
  const hold = { reason: 'asked for too often', ttlSeconds: 3_600 };
  const held = await analyst.post<SecretDescription>(`/secrets/${reference}/quarantine`, hold);
  const code = await billing.refusalOf(reference);
  say(
    `   held back until ${held.quarantines[0]?.until}; billing asks and is told: ${code ?? 'nothing, it obtained it'}`,
  );
  curl('analyst', `-X POST ~/secrets/${reference}/release`);
  await analyst.post(`/secrets/${reference}/release`, {});
  const read = await readAgain();
  say(`   it was a false alarm: released, and billing obtains it again: ${read.matches}`);
  return {
    eventIds: read.eventIds,
    heldBackInQuarantine: code === 'secret.quarantined',
    obtainedAfterRelease: read.matches,
  };
}
