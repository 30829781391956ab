/** What is declared of every kind of event. */
import type { z } from 'zod';
import type { Service } from './event.js';

/** One kind of event. `action` is what the audit finds it under. */
export interface EventDeclaration {
  readonly service: Service;
  readonly aggregate: string;
  readonly action: string;
  /** One sentence: what has happened. */
  readonly says: string;
  readonly data: z.ZodObject;
}
