/** What the audit reads from its environment. */
import { BackendEnvironment } from '@keytrail/service';
import type { z } from 'zod';

export const Environment = BackendEnvironment;
export type Environment = z.infer<typeof Environment>;
