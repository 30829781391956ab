/** What a bootstrap is told: the processes that Keytrail consists of, and who is to administer it. */
import fs from 'node:fs';
import { DisplayName, parse, parseJson, Principal, sentenceOf, SystemRole } from '@keytrail/contracts';
import { z } from 'zod';

/** A process of Keytrail's own. `nkey` is its public key; it has a role where it asks others. */
const FixedService = z.strictObject({
  name: z.string().regex(/^[a-z][a-z_]{0,31}$/, 'is not the name of a service: 1 to 32 of a-z and _'),
  principal: Principal,
  nkey: z.string().regex(/^U[A-Z2-7]{55}$/, 'is not an nkey of a user'),
  role: SystemRole.optional(),
});
export type FixedService = Readonly<z.infer<typeof FixedService>>;

export const BootstrapPlan = z.strictObject({
  services: z
    .array(FixedService)
    .max(32)
    .refine((services) => services.some(({ name }) => name === 'vault'), 'lacks the service vault'),
  admin: z.strictObject({ displayName: DisplayName }),
});
export type BootstrapPlan = z.infer<typeof BootstrapPlan>;

/** The path of a file with a plan as JSON, replaced by the plan; every mistake in it is listed. */
export const BootstrapPlanFile = z.string().transform((path, context): BootstrapPlan => {
  const refuse = (message: string): never => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  try {
    const parsed = parse(BootstrapPlan, parseJson(fs.readFileSync(path)));
    return parsed.ok ? parsed.value : refuse(`names a file that is no plan: ${sentenceOf(parsed.issues)}`);
  } catch (error) {
    return refuse(`must be the path of a JSON file that this process can read: ${(error as Error).message}`);
  }
});
