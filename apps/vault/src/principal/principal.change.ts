/** A decision on a principal, stored together with the rows by which it is found and shown. */
import type { Principal, PrincipalEvent } from '@keytrail/contracts';
import { principalStream } from '@keytrail/contracts';
import { execute, type Executed, type Recorded, type RequestFacts } from '@keytrail/eventsourcing';
import type { DatabaseTransaction } from '@keytrail/postgres';
import type { VaultJournal } from '../vault.ports.js';
import { storeGrants } from './grant.store.js';
import { type PrincipalCommand, principalDecider, type PrincipalRejection } from './principal.decider.js';
import { insertPrincipal, insertToken, NameTaken, type PrincipalNames, updatePrincipal } from './principal.store.js';
import { type PrincipalHistory, type PrincipalStanding, standingOf } from './principal.view.js';
import type { TokenToStore } from './token.mint.js';

export interface PrincipalDecision {
  readonly principal: Principal;
  /** A function where it rests on what may change between two attempts. */
  readonly command: PrincipalCommand | (() => Promise<PrincipalCommand>);
  readonly facts: RequestFacts;
  /** Where the command registers somebody. */
  readonly names?: PrincipalNames & { readonly nkey?: string };
  /** Where the command issues a token. */
  readonly token?: TokenToStore;
}

/** Runs commands as `execute` does, and also refuses an outside name or an nkey that is somebody else's. */
export function principalDecisions(journal: VaultJournal) {
  const run = execute(principalDecider, journal);
  return async ({ command, ...decision }: PrincipalDecision): Promise<Executed<PrincipalEvent, PrincipalRejection>> => {
    const { principal, facts } = decision;
    const target = { stream: principalStream(principal), aggregate: 'principal', subject: principal, facts };
    try {
      return await run(target, async (_, history) => ({
        command: typeof command === 'function' ? await command() : command,
        alongside: (tx, recorded) => store(tx, decision, { history, recorded }),
      }));
    } catch (error) {
      if (!(error instanceof NameTaken)) throw error;
      return { ok: false, rejection: { code: error.code, message: error.message } };
    }
  };
}

interface Outcome {
  readonly history: PrincipalHistory;
  readonly recorded: PrincipalHistory;
}

async function store(
  tx: DatabaseTransaction,
  { principal, names, token }: Omit<PrincipalDecision, 'command'>,
  { history, recorded }: Outcome,
): Promise<void> {
  const standing = standingOf([...history, ...recorded]) as PrincipalStanding;
  if (history.length > 0) await updatePrincipal(tx, principal, standing);
  else if (names) await insertPrincipal(tx, { ...names, principal, nkey: names.nkey ?? null, standing });
  await storeGrants(tx, principal, recorded);
  const issued = recorded.find(isIssue);
  if (token && issued) await insertToken(tx, { ...token, principal, createdAt: issued.time });
}

const isIssue = ({ event }: Recorded<PrincipalEvent>): boolean => event.type === 'TokenIssued';
