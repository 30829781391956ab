/** The journal in memory keeps the contract. */
import type { EventId } from '@keytrail/contracts';
import { journalContract } from './contract.js';
import { memoryJournal } from './memory-journal.js';

let ids = 0;
const newId = () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}` as EventId;
const now = () => '2026-01-31T12:00:00.000Z';

journalContract('the journal in memory', () => memoryJournal({ newId, now }));
