/** What `npm start` prints once the system is ready: where it is, and commands to paste. */
import path from 'node:path';
import { repository, stateFolder } from './state-folder.js';
import type { System } from './system.js';

const reference = 'tenant.acme.openai.prod';

/** The text; its commands are meant for the root of the repository and read the admin's token from its file. */
export function guide(system: Pick<System, 'gatewayUrl' | 'natsUrl' | 'vaultKey' | 'dir'>): string {
  const { gatewayUrl, natsUrl, vaultKey, dir } = system;
  const header = path.relative(repository, stateFolder(dir).adminHeader);
  const admin = `curl -sS -H @${header}`;
  const json = `${admin} -H 'content-type: application/json'`;
  return `
  gateway   ${gatewayUrl}/api/v1
  OpenAPI   ${gatewayUrl}/api/openapi.json
  NATS      ${natsUrl}   the vault's key is ${vaultKey}
  state     ${path.relative(repository, dir)}/   (npm run logs · npm run psql -- vault · npm run reset)

Try it from another terminal:

  # a workspace, and a key in it
  ${json} ${gatewayUrl}/api/v1/workspaces -d '{"slug":"acme"}'
  ${json} ${gatewayUrl}/api/v1/secrets -d '{"reference":"${reference}","value":{"text":"my first key"}}'

  # another process decrypts it over NATS, as the service "cli"; an analyst may not
  npm run -s decrypt -- ${reference}
  npm run -s decrypt -- ${reference} --as analyst

  # who did what
  ${admin} '${gatewayUrl}/api/v1/audit/events?reference=${reference}'

How others are let in, and as what: docs/identity.md. Ctrl-C stops it; what is stored stays.
`;
}
