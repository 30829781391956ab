/** The whole schema of the audit's database, in the order in which it is applied. */
import type { SchemaStep } from '@keytrail/postgres';
import { PROJECTION_STEPS } from '@keytrail/postgres';
import {
  AUDIT_EVENT_INDEX_STEP,
  AUDIT_EVENT_STEP,
  AUDIT_EVENT_STREAM_STEP,
  AUDIT_EVENT_SUBJECT_STEP,
} from './event/audit-event.schema.js';
import { PRINCIPAL_STEP } from './principal/principal.schema.js';
import { SECRET_ANOMALY_STEP, SECRET_USAGE_STEP } from './usage/secret-usage.schema.js';

export const AUDIT_STEPS: readonly SchemaStep[] = [
  ...PROJECTION_STEPS,
  AUDIT_EVENT_STEP,
  SECRET_USAGE_STEP,
  SECRET_ANOMALY_STEP,
  PRINCIPAL_STEP,
  AUDIT_EVENT_INDEX_STEP,
  AUDIT_EVENT_SUBJECT_STEP,
  AUDIT_EVENT_STREAM_STEP,
];
