/** The system that proofs share: it believes an issuer of JWTs, and there are intruders on its bus. */
import fs from 'node:fs';
import path from 'node:path';
import { startJwtIssuer, type JwtIssuer } from '@keytrail/testing';
import { startSystem, type System, type SystemOptions } from '../system.js';

export interface TriedSystem extends System {
  readonly issuer: JwtIssuer;
}

/** `folder` is made, and deleted by whoever has named it. Throws as `startSystem` does. */
export async function startTriedSystem(
  folder: string,
  options: Pick<SystemOptions, 'onNotice' | 'signal'>,
): Promise<TriedSystem> {
  const issuersFile = path.join(folder, 'issuers.json');
  const issuer = await startJwtIssuer();
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(issuersFile, JSON.stringify([{ issuer: issuer.url, audience: issuer.audience }]), { mode: 0o600 });
    const system = await startSystem({
      ...options,
      dir: path.join(folder, 'keytrail'),
      throwaway: true,
      issuersFile,
      natsIntruders: true,
    });
    const stop = async () => {
      await system.stop();
      await issuer.stop();
    };
    return { ...system, issuer, stop };
  } catch (error) {
    await issuer.stop();
    throw error;
  }
}
