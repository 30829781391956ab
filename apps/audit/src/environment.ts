/** What the audit reads from its environment. */
import { PeerEnvironment } from '@keytrail/service';
import type { z } from 'zod';

export const Environment = PeerEnvironment;
export type Environment = z.infer<typeof Environment>;
