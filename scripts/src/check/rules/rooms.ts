// Rule `rooms`: some packages are spoken to in one lib only, so that one review covers all of their use.
import { rooms as rows } from '../dependency-table.js';
import type { Finding } from '../finding.js';
import { packageOf, type Module, type Workspace } from '../workspace.js';

const webCrypto = /^crypto\.(?:subtle|randomUUID|getRandomValues)$/;

/** Finds packages outside their rooms, Web Crypto included. */
export function rooms({ projects }: Workspace): readonly Finding[] {
  return projects.flatMap(({ modules }) => modules.flatMap(outsiders));
}

function outsiders({ path, imports, uses }: Module): readonly Finding[] {
  const imported = imports.map(({ specifier, line }) => ({ name: packageOf(specifier), shown: specifier, line }));
  const used = uses
    .filter(({ form, name }) => form === 'name' && webCrypto.test(name))
    .map(({ name, line }) => ({ name: 'node:crypto', shown: name, line }));
  return [...imported, ...used].flatMap(({ name, shown, line }) => {
    const room = roomOf(name);
    if (room === null || room.some((place) => path === place || path.startsWith(`${place}/`))) return [];
    const what = `${shown} is for ${room.join(', ')} only`;
    return [{ file: path, line, rule: 'rooms', what, remedy: `ask ${room[0]} for what is needed, and add it there` }];
  });
}

function roomOf(name: string | null): readonly string[] | null {
  const row = rows.find(({ packages }) => packages === name || (packages.endsWith('/') && name?.startsWith(packages)));
  return row?.rooms ?? null;
}
