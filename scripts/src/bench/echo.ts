/**
 * The limit: the same request and the same answer over a nats-server of the same configuration, and no work in between.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { mintConn } from '@keytrail/crypto';
import { connectRpc, systemIdentities, type RpcClient, serverConfiguration } from '@keytrail/nats';
import { echoClient } from '@keytrail/nats/echo';
import { startNats } from '@keytrail/testing';

export interface Echo {
  readonly rpc: Pick<RpcClient, 'request'>;
  stop(): Promise<void>;
}

/** Starts server, responder and requester; `reply` is what every request is answered. */
export async function startEcho(dir: string, reply: unknown): Promise<Echo> {
  const identities = systemIdentities();
  const { rpc: vault } = identities.vault;
  const { rpc: asker } = identities.gateway;
  const nats = await startNats({
    dir,
    configuration: ({ port, storeDir }) => serverConfiguration({ port, storeDir, serverName: 'echo', identities }),
  });
  const [seedFile, replyFile] = [path.join(dir, 'echo.seed'), path.join(dir, 'reply.json')];
  fs.writeFileSync(seedFile, vault.seed, { mode: 0o600 });
  fs.writeFileSync(replyFile, JSON.stringify(reply));
  const main = path.join(import.meta.dirname, 'echo-responder.js');
  const responder = fork(main, [nats.url, vault.principal, seedFile, replyFile], { stdio: 'inherit' });
  const exited = once(responder, 'exit');
  await Promise.race([once(responder, 'message'), exited]);

  const conn = mintConn();
  const connection = await connectRpc({ ...asker, url: nats.url, conn });
  return {
    rpc: echoClient(connection, { principal: asker.principal, conn }),
    stop: async () => {
      await connection.close();
      if (responder.connected) responder.disconnect();
      await exited;
      await nats.stop();
    },
  };
}
