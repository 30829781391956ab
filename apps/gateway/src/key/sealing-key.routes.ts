/** What the API says of the vault's keys: enough to seal a value that nobody on its way can read. */
import { SealingKeys } from '@keytrail/contracts';
import { route } from '../http/route-declaration.js';
import { sealingKeys } from '../story.js';

export const getSealingKey = route({
  id: 'getSealingKey',
  method: 'GET',
  path: '/api/v1/sealing-key',
  tag: 'Secrets',
  summary: 'Show the key to which a value is sealed, signed by the key by which the vault is known',
  answer: SealingKeys,
  codes: ['service.unavailable', 'request.deadline_exceeded', 'service.overloaded'],
  open: true,
  examples: { current: { summary: 'The current one', answer: sealingKeys } },
});
