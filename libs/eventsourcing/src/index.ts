/** The kernel of event sourcing: deciders, the journal's ports, and what joins them. */
export type { Decider, Decision, Rejection } from './decider.js';
export { accept, fold, reject } from './decider.js';
export type { Executed, ExecuteRejection, Gathered, Target } from './execute.js';
export { execute } from './execute.js';
export { given } from './given.js';
export type {
  Access,
  AccessJournal,
  AccessOutcome,
  CommandIdentity,
  Commit,
  CommitOutcome,
  DomainEvent,
  Journal,
  JournalMark,
  JournalReader,
  Permit,
  Recorded,
  RelayMark,
  RelayMarks,
  RequestFacts,
  SessionRequest,
  StoredEvent,
  StreamRevision,
} from './journal.js';
export {
  DeadlineExceeded,
  JOURNAL_START,
  JournalOverloaded,
  JournalUnavailable,
  NO_STREAM,
  RELAY_START,
  TOGETHER_EVENTS,
} from './journal.js';
export type { MemoryJournalOptions } from './memory-journal.js';
export { memoryJournal } from './memory-journal.js';
