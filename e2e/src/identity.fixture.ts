/** Whom an administrator lets in, over HTTP, and where a workload finds its token. */
import fs from 'node:fs';
import path from 'node:path';
import type { IssuedToken, PrincipalDescription, Role } from '@keytrail/contracts';
import type { Stage } from './stage.fixture.js';

/** Somebody to be registered: a service, unless it is said otherwise. */
export interface Newcomer {
  readonly displayName: string;
  readonly role: Role;
  readonly workspace: string;
  readonly kind?: 'user' | 'service' | 'workload';
  /** Where an issuer of JWTs knows it. */
  readonly outsideName?: { readonly issuer: string; readonly subject: string };
  readonly requestId?: string;
}

/** Returns the principal. Throws unless it is registered. */
export async function register({ ask }: Pick<Stage, 'ask'>, newcomer: Newcomer): Promise<string> {
  const { role, workspace, requestId, ...who } = newcomer;
  const { status, json } = await ask('POST', '/access/principals', {
    body: { kind: 'service', ...who, roles: [{ role, workspace }] },
    headers: { 'user-agent': 'platform-console/7', ...(requestId !== undefined && { 'x-request-id': requestId }) },
  });
  if (status !== 201) throw new Error(`registering was answered ${status}: ${JSON.stringify(json)}`);
  return (json as PrincipalDescription).principal;
}

/** A token of a principal. Throws unless it is issued. */
export async function issueToken(
  { ask }: Pick<Stage, 'ask'>,
  principal: string,
  limits: { readonly scopes?: readonly string[]; readonly expiresAt?: string } = {},
): Promise<{ readonly token: string; readonly tokenId: string }> {
  const { status, json } = await ask('POST', '/access/tokens', { body: { principal, ...limits } });
  const { token, tokenId } = json as IssuedToken;
  if (status !== 201 || token === null) throw new Error(`no token was issued: ${status} ${JSON.stringify(json)}`);
  return { token, tokenId };
}

/** A token as Kubernetes projects it into a pod. */
export interface ProjectedToken {
  readonly file: string;
  /** Puts another token in its place, at once for whoever reads, as the kubelet does. */
  rotate(token: string): void;
}

/** The kubelet writes a folder of its own for each token, and turns the link `..data` to it. */
export function projectToken(folder: string, token: string): ProjectedToken {
  let writings = 0;
  const rotate = (next: string): void => {
    const written = `..written-${++writings}`;
    fs.mkdirSync(path.join(folder, written));
    fs.writeFileSync(path.join(folder, written, 'token'), next);
    fs.symlinkSync(written, path.join(folder, '..data_tmp'));
    fs.renameSync(path.join(folder, '..data_tmp'), path.join(folder, '..data'));
  };
  rotate(token);
  const file = path.join(folder, 'token');
  fs.symlinkSync('..data/token', file);
  return { file, rotate };
}
