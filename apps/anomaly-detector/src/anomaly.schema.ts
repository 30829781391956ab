/** The whole schema of the detector's database, in the order in which it is applied. */
import type { SchemaStep } from '@keytrail/postgres';
import { JOURNAL_STEPS, PROJECTION_STEPS } from '@keytrail/postgres';
import { FINDING_STEP } from './finding/finding.schema.js';
import { WINDOW_STEP } from './window.schema.js';

export const ANOMALY_STEPS: readonly SchemaStep[] = [...JOURNAL_STEPS, ...PROJECTION_STEPS, WINDOW_STEP, FINDING_STEP];
